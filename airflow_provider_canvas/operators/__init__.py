"""Tasks: they check their input, call the hook, defer, and report. Nothing heavy is imported before a task runs."""
