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
title-village-plain = 信用嘎查
title-village-none = 未达标

## 信用苏木（domain.md B.7）

title-township-excellent = 优秀信用苏木
title-township-good = 较好信用苏木
title-township-plain = 信用苏木
title-township-none = 未达标

## 称号的门槛（domain.md B.6、B.7）

gate-village-filed = 建档率
gate-village-credit = 信用户占比
gate-village-on-time = 按期还款户占比
gate-village-npl = 农牧户贷款不良率
gate-village-rated = 已评户数
gate-village-lawful = 无非法集资、无干部不良贷款
gate-township-credit = 信用嘎查占比
gate-township-on-time = 按期还款户占比
gate-township-npl = 贷款不良率
gate-township-recovery = 近24个月新放贷款收回率
gate-township-government = 苏木政府不是失信被执行人
gate-passed = 达标
gate-failed = 未达标
gate-unknown = 待核实
