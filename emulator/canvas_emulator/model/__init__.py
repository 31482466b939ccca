"""What this Canvas knows: tables and rows, identifiers, settings, faults, rights and the clock."""
