## 信用主体

subject-household = 农牧户
subject-cooperative = 农牧民专业合作社
subject-ranch = 家庭农牧场
subject-collective = 嘎查村集体经济组织
subject-village = 嘎查村
subject-township = 苏木乡镇
producer-pastoral = 牧户
producer-farming = 农户
producer-mixed = 半农半牧户
producer-other = 其他户

## 行政区划

division-region = 自治区
division-league = 盟
division-city = 市
division-banner = 旗
division-county = 县
division-district = 区
division-sumu = 苏木
division-town = 镇
division-township = 乡
division-street = 街道
division-state-farm = 农牧场
division-gacha = 嘎查
division-village = 行政村
division-residents = 社区居委会

## 采集值（domain.md B.1.3、B.1.7）

state-known = 已知
state-not-applicable = 不适用
state-unknown = 未知
state-refused = 拒绝提供
evidence-a = 登记、证件或系统数据
evidence-b = 采集员现场查点
evidence-c = 本人申报
evidence-d = 他人告知或估计

stock-sheep = 绵羊（成年）
stock-sheep-y = 绵羊（1至1.5岁）
stock-sheep-l = 当年羔羊（绵羊）
stock-goat = 山羊（成年）
stock-goat-y = 山羊（1至1.5岁）
stock-goat-l = 当年羔羊（山羊）
stock-cattle = 牛（成年）
stock-cattle-y = 牛（1至2岁）
stock-cattle-c = 当年犊牛
stock-cattle-xl = 改良大型牛（450公斤以上）
stock-horse = 马（成年）
stock-horse-y = 马（1至2岁）
stock-horse-f = 当年马驹
stock-donkey = 驴（成年）
stock-donkey-y = 驴（1至2岁）
stock-donkey-f = 当年驴驹
stock-mule = 骡
stock-camel = 骆驼（成年）
stock-camel-2 = 骆驼（2至3岁）
stock-camel-1 = 骆驼（1至2岁）
stock-camel-c = 当年驼羔

## 单位

unit-mu = 亩
unit-fen = 分
unit-yuan = 元
unit-kg = 公斤
unit-head = 头（只）
unit-person = 人
unit-year = 年
unit-sheep-unit = 羊单位
unit-milli-sheep-unit = 千分之一羊单位
unit-milli-degree = 千分之一度
unit-count = 个

## 用途

purpose-loan-decision = 贷款审批
purpose-loan-review = 贷后管理
purpose-guarantee-review = 担保审查
