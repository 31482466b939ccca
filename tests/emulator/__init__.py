"""Tests of the emulator: its tables alone, its wire formats, its answers over HTTP, and the copies that it makes."""
