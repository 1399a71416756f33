"""How the documentation is built: `make docs`."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "flask-auditlog"
author = "The flask-auditlog authors"
copyright = "The flask-auditlog authors"
version = release = version_of("flask-auditlog")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "flask-auditlog"
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_class_signature = "separated"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"

# Their documentation is not fetched when ours is built.
nitpick_ignore_regex = [
    (r"py:.*", r"(collections|contextlib|datetime|flask|ipaddress|pathlib|sqlalchemy)\..*"),
    # What a caller has no need to know: it stands in signatures only.
    (
        r"py:class",
        r"flask_auditlog\.(hooks\.Hook|store\.sql\.SqlStore|store\.language\.expression\.\w+|capture\.models\.tracking\.TrackOptions|extension\.opening\.AsyncEngine)",
    ),
    # marshmallow's, and one of ours that is two words.
    (r"py:class", r"Schema|Policy"),
    # Errors are called by their last name; their table is in reference/python-api.md.
    (r"py:exc", r"[A-Z]\w+"),
]
