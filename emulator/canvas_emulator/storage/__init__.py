"""The storage hosts: the three kinds of storage that a Canvas can have, each with its own kind of upload.

- ``s3``, ``inst_fs``: hosts on ports of their own that take files
- ``objects``: how each host delivers files
- ``hosts``: the applications of all hosts
"""
