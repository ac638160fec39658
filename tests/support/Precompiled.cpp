// A library must have a source; this one only owns the precompiled header.
