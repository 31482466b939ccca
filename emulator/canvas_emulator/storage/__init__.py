"""Where the bytes of files are: the three kinds of storage that a Canvas can have, each with its way to take a file.

- `signatures`: what proves to a storage host that Canvas sent the caller
- `promises`: what the first step of an upload answers, by kind of storage
- `s3`, `inst_fs`: storage hosts on ports of their own; `objects`: how every host gives files out
- `hosts`: starts them beside the Canvas
"""
