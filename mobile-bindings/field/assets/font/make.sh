#!/usr/bin/env bash
# Makes the Mongolian font of the pages from Debian's Noto Sans Mongolian (fonts-noto-core 20201225-1):
#   tools=$(mktemp -d) && python3 -m venv "$tools" && "$tools/bin/pip" install fonttools==4.68.0 brotli==1.2.1
#   PATH=$tools/bin:$PATH bash mobile-bindings/field/assets/font/make.sh
# The alphabet of traditional Mongolian with its selectors, the joiners that its endings need, and the
# punctuation that stands between; no Todo, Sibe, Manchu or Ali Gali letters. Every rule of shaping stays.
set -euo pipefail
cd "$(dirname "$0")"
pyftsubset /usr/share/fonts/truetype/noto/NotoSansMongolian-Regular.ttf \
  --unicodes="U+0020,U+0021,U+0028,U+0029,U+003F,U+1800-180F,U+1810-1819,U+1820-1842,U+200B-200D,U+202F,U+2048,U+2049,U+3000-3002,U+3008-300B" \
  --layout-features='*' --no-hinting --desubroutinize --flavor=woff2 --output-file=mongolian.woff2
ls -l mongolian.woff2
