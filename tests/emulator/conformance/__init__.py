"""What Canvas does, one test a fact, over plain HTTP.

In the order in which Canvas's behaviour is written down: first what each page of its API does (`test_routes`,
`test_migration_contexts`, `test_package_types`, `test_content_exports`, `test_deprecated_course_copy`, `test_uploads`,
`test_files`, `test_courses`, `test_listings`, `test_blueprints`), then jobs and what they leave (`test_course_copy`,
`test_package_migrations`, `test_selective_data`), then errors, throttling, pages and parameters (`test_wire`), and
tokens and ids (`test_authentication`).
"""
