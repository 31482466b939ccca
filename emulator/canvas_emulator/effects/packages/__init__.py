"""Packages: files that carry a course's content from one Canvas to another, or from another system.

- `package`: what a package is once it is read; `builder` collects it
- `importing`: telling the kinds of package apart, and what one does to a course; `exporting`: what an export writes
- `archive`, `markup`: zip files and XML, read with suspicion and written the same way each time
- `rows`, `tokens`: how a row and how a link look in a package; `layout`: where things are in a cartridge
- `cartridge` and `cartridge_writing`, `qti`, `moodle`, `plain_zip`: the kinds of package
"""
