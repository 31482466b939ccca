"""Packages: files that carry a course's content from one Canvas to another, or from another system.

- ``package``: a package that was read, and its builder
- ``importing``: chooses the reader of a package, and imports its content; ``exporting``: writes an export
- ``archive``, ``markup``: zip files and XML, which are not trusted when read, and written the same way each time
- ``rows``, ``tokens``: rows and links in a package; ``layout``: paths in a cartridge
- ``cartridge`` and ``cartridge_writing``, ``qti``, ``moodle``, ``plain_zip``: the kinds of package
"""
