"""Which files are taken for pictures by their names, without looking into them."""

RAW_SUFFIXES = frozenset(
    {".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"},
)
"""Lower-case ends of the names of raw files."""

PICTURE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".webp", ".avif", ".avifs"),
        *(".bmp", ".dib", ".tif", ".tiff", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".heic", ".heif"),
        *(".ico", ".icns", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".pcx", ".sgi", ".dds", ".qoi"),
        *(".psd", ".hif"),
        *RAW_SUFFIXES,
    }
)
"""Suffixes, in lower case, of the files a folder walk takes for pictures.

HEIC and the raw files of cameras need libraries that may not be installed: such files are then named as
``unsupported`` rather than passed over in silence.
"""
