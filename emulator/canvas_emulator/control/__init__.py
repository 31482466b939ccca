"""The emulator's own endpoints under ``/_emulator/``, and its status page."""
