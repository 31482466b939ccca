"""Uploads and downloads of files of any size, in every storage mode of Canvas."""
