## 开场与进度

demo-title = 牧信演示：从采集到授牌
demo-synthetic = 以下人名、地名和数字均为虚构（示例）。
demo-plan = { $gachas } 个嘎查、{ $households } 户、{ $devices } 台离线设备
demo-seed = 随机种子 { $seed }（相同种子，相同结果）
demo-progress-prepare = 准备数据库和规则
demo-progress-collect = 离线采集并封存
demo-progress-sync = 同步到服务器
demo-progress-rate = 评定等级
demo-progress-review = 审核与公示
demo-progress-roll-up = 汇总嘎查和苏木

## 结果表

demo-table-gachas = 嘎查
demo-table-sumus = 苏木
demo-head-gacha = 嘎查
demo-head-sumu = 苏木
demo-head-resident = 农牧户
demo-head-filed = 已建档
demo-head-rated = 已评级
demo-head-credit-share = 信用户占比
demo-head-gates = 门槛
demo-head-score = 得分
demo-head-level = 级别
demo-head-gachas = 嘎查数
demo-head-credit-gachas = 信用嘎查
demo-gates-passed = { $passed }/{ $all } 达标
demo-gates-failing = 未达标：{ $gates }

## 时间

demo-table-time = 时间用在哪里
demo-head-step = 步骤
demo-head-count = 数量
demo-head-elapsed = 用时
demo-head-rate = 每秒
demo-head-share = 占比
demo-total = 合计

## 下一步

demo-next-title = 接下来可以
demo-next-open = 在浏览器中打开 { $url }
demo-next-curl = 用金融机构的身份查询一份报告：
demo-next-explain = 查看一个等级的由来：
demo-next-stop = 按 Ctrl+C 结束。
demo-kept-in = 数据保存在 { $path }
demo-progress-report = 农信社查询一份报告
demo-field-work = 外勤：入户封存 { $visits } 次，采集值 { $values } 个，评议票 { $ballots } 张；服务器回执 { $received } 份，退回待办 { $aside } 份。
demo-links = 断网：链路被切断 { $cuts } 次，设备重试 { $retries } 次，服务器重启 { $restarts } 次；已取得回执的记录一份不少。
demo-memory = 内存峰值：服务器 { $server } MB，演示进程 { $own } MB。
demo-report-pulled = 金融机构取得报告 { $report }，等级 { $grade }。
demo-next-kill = 服务器进程号 { $pid }：可用 kill -9 结束它，它会自行重启，数据不丢。
