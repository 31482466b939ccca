"""What tasks share, by subject: parameters, waiting, the task instance, the task state store, object storage."""
