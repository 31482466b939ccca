"""Packages: files that carry a course's content from one Canvas to another, or from another system.

- ``package``: a package that was read, and its builder
- ``importing``: chooses the reader of a package, and imports its content; ``exporting``: writes an export
- ``archive``, ``documents``: archives and XML, which are not trusted when read; ``identification``: what a package is
- ``manifest``, ``organization``, ``package_files``: what all cartridges have: resources, modules and files
- ``canvas_cartridge``, ``canvas_settings``: Canvas's own cartridges; ``common_cartridge``: those of others
- ``assessments``, ``questions``, ``qti_package``: quizzes and packages of them
- ``moodle``, ``moodle_1_9``, ``moodle_content``: backups of Moodle; ``plain_zip``: zips of files
- ``row_reading``, ``assignment_reading``, ``tool_reading``, ``tool_merging``: rows that are read from XML
- ``cartridge_writing``, ``qti_writing`` and the modules ending in ``_documents``: the packages that are written
- ``layout``: paths in a cartridge
"""
