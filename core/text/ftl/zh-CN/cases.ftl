## 个案的状态（domain.md D.2）

case-state-draft = 草稿
case-state-sealed = 已封存
case-state-submitted = 已提交
case-state-conflict = 数值有分歧
case-state-returned = 已退回
case-state-pre-rated = 初评
case-state-reviewed = 已审核
case-state-in-publicity = 公示中
case-state-in-notice = 告知本人中
case-state-disputed = 有异议
case-state-approved = 已审定
case-state-effective = 生效
case-state-watch = 预警
case-state-suspended = 暂停使用
case-state-cancelled = 已取消
case-state-superseded = 已被新评级替代
case-state-expired = 已过期
case-state-closed = 已关闭
case-temporarily-unavailable = 评级暂时不可用

## 角色（domain.md D.1）

role-collector = 采集员
role-evaluator = 评议员
role-village-group = 嘎查初评组
role-reviewer = 苏木审核员
role-approver = 旗审定人员
role-objection-officer = 异议专员
role-lender = 农信社信贷员
role-auditor = 审计员
role-administrator = 管理员
role-subject = 当事人

## 称号的状态（domain.md D.2）

title-state-computed = 已测算
title-state-reviewed = 已审核
title-state-in-publicity = 公示中
title-state-approved = 已审定
title-state-awarded = 已授牌
title-state-warning = 预警整改
title-state-kept = 保留称号
title-state-cancelled = 已摘牌
title-state-ended = 已终止
cycle-annual = 年度评定
cycle-event = 专项重评

task-second-visit = 请由另外两名人员再次上门核实
task-entry-rejected = { $on } 录入的一份数据未被采用：{ $reason } 审核意见：{ $words }
