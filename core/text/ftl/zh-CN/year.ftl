## 一个评定年度的模拟（itgel demo --year）

year-title = 牧信：一个评定年度的模拟
year-synthetic = 这是模拟：时间由程序推进，人名、地名和数字均为虚构（示例）。
year-begin = 年度开始：{ $gachas } 个嘎查、{ $households } 户、{ $devices } 台离线设备。
year-collected = 入户采集：封存 { $visits } 次，采集值 { $values } 个，评议票 { $ballots } 张。
year-organisations = 经营主体：合作社、家庭农牧场和集体经济组织共 { $count } 个，入户封存。
year-settled = 分歧裁定：第三人裁定 { $settled } 项不同的值；人数不足的民主评议结束 { $ended } 个。
year-doubts = 疑点核实：规则提示 { $count } 项（与上年雷同、评议偏高等），由人逐项说明。
year-reviewed = 苏木审核：{ $cases } 件。
year-published = 公示和告知：{ $cases } 件，到 { $closes } 止；不逢假期则到 { $plain }。
year-objected = 公示期内收到异议 { $objections } 件，个案停下待核。
year-effective = 公示期满，旗里审定：{ $cases } 件评级生效。
year-upheld = 异议成立：入户复核后由 { $before } 更正为 { $after }，重新公示。
year-rejected = 异议不成立：等级 { $grade } 不变，已书面答复。
year-recorded = 记入一条一般失信记录：测算得分由 { $before } 变为 { $after }。
year-repaired = 信用修复：记录停止使用，测算得分回到 { $after }。
year-awarded = 授牌：信用嘎查 { $gachas } 个，信用苏木 { $townships } 个。
year-disaster = { $township } 宣布旱灾：经第二人确认生效，{ $standings } 户重新测算，{ $better } 户得分上升。
year-merged = { $old } 合并为{ $new }：{ $households } 户随档案转入，称号不继承。
year-ledger = 农信社 { $month } 贷款台账：{ $loans } 笔，经旗里确认生效。
year-warned = 季度检查：{ $gacha } 低于进入线，预警，{ $due } 前整改。
year-cancelled = 季度检查：{ $gacha } 低于退出线，听取意见后摘牌。
year-opened = 新年度开始：{ $cycle }。
year-rated-again = 年度重评：入户 { $visits } 次，结束评议 { $ended } 个，{ $cases } 户的新评级替代旧评级。
year-kept = 整改到位：{ $gacha } 保留称号。
year-proved = 核验：{ $ratings } 个评级、{ $titles } 个称号由所存输入和规则逐字节重算一致；{ $files } 份档案由信封重建一致；日志 { $leaves } 条完整。
year-took = 共用时 { $seconds } 秒。
