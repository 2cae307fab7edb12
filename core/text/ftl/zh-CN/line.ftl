## 参考额度（domain.md F.2）：各贷款机构自己的参数，仅供参考

line-title = 参考额度
line-none = 不给参考额度，由信贷人员人工决定
line-parameters = 机构参数及指纹
line-yuan = { $amount } 元
line-discount = 利差优惠 { $points } 个基点
line-discount-grade = 等级 { $word }
line-discount-village-title = 嘎查称号 { $word }
line-discount-township-title = 苏木称号 { $word }
line-column-step = 步骤
line-column-share = 比例（%）
line-column-amount = 金额（元）
line-step-base = 等级基数
line-step-asset-part = 总资产部分
line-step-income-part = 经营收入部分
line-step-formula = 公式额度
line-step-cap = 最高额度
line-step-free = 综合收入减其他到期债务
line-step-repayable = 还款能力额度
line-step-lowest = 三者取最小
line-step-floored = 取整
line-step-balance = 已有贷款余额
line-step-line = 参考额度
line-why-grade-manual = 这个等级没有参考额度
line-why-unknown = 未取得
line-why-refused = 拒绝提供
line-why-no-consent = 未同意提供这类信息
line-why-disputed = 采集有分歧，尚未裁定
line-figure-total-assets = 家庭总资产
line-figure-operating-income = 经营收入
line-figure-comprehensive-income = 年综合收入
line-figure-other-debt-due = 一年内到期的其他债务
line-figure-unsecured-balance = 已有贷款余额
line-use-grazing-animals = 购买放牧牲畜
line-use-penned-animals = 购买舍饲牲畜
line-use-fodder = 饲草料
line-use-facilities = 棚圈机具
line-use-cropping = 种植

## 整村授信

pre-credit-title = 整村授信名单
pre-credit-notes = 说明
pre-credit-subject = 主体编号
pre-credit-watch = 预警
pre-credit-line = 参考额度（元）
pre-credit-discount = 利差优惠（基点）
pre-credit-blocked = 不给额度的用途
pre-credit-none-for = 无参考额度的原因
pre-credit-others = 名单以外的户数：{ $count }
pre-credit-of = { $division } · { $purpose } · { $on }
pre-credit-yes = 是
