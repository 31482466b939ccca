"""The storage hosts: the two kinds of storage outside of Canvas, each with its own kind of upload.

- ``s3``, ``inst_fs``: hosts on ports of their own that take files
- ``objects``: how each host delivers files
- ``hosts``: the applications of all hosts
"""
