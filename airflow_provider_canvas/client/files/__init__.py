"""Uploading and downloading files of any size, in every storage mode of Canvas."""
