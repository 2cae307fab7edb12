# reviewed = true

product-name = Itgel
product-claim = Every grade says why, from which observation, under which rules, and how sure.
language-zh-cn = Chinese
language-mn-mong = Mongolian
language-en = English
draft-translation = Draft translation
synthetic-data = Example: all names, places and figures are invented.
answer-yes = yes
answer-no = no
not-known = unknown
