"""Operations on courses that take several requests: batch updates, content listings, ignored fields."""
