## 等级（domain.md B.1.9）；字母 AAA 至 V 不翻译

grade-aaa = 优秀
grade-aa = 良好
grade-a = 较好
grade-b = 一般
grade-c = 待培育
grade-n = 未评级
grade-v = 不予评定
grade-c-meaning = 分数较低，不是失信记录。
grade-n-meaning = 已知的信息还不够。
grade-v-meaning = 目前有否决事项，解除后可重新评定。
grade-credit-household = 信用户
grade-provisional = 暂定
grade-range = { $worst } 至 { $best }
grade-under-review = 核查中

## 信用嘎查（domain.md B.6）

title-village-excellent = 优秀信用嘎查
title-village-good = 较好信用嘎查
title-village-ordinary = 信用嘎查
title-village-none = 未达标

## 信用苏木（domain.md B.7）

title-township-excellent = 优秀信用苏木
title-township-good = 较好信用苏木
title-township-ordinary = 信用苏木
title-township-none = 未达标
title-place-gacha = 嘎查
title-place-village = 村
title-place-sumu = 苏木
title-place-township = 乡镇
title-of-excellent = 优秀信用{ $place }
title-of-good = 较好信用{ $place }
title-of-ordinary = 信用{ $place }

## 门槛是否达到；门槛的名称在规则包里

gate-passed = 达标
gate-failed = 未达标
gate-unknown = 待核实
