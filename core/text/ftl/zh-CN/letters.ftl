## 异议的回执和答复书（domain.md L-10、G 40）

letter-note-title = 异议受理回执
letter-answer-title = 异议处理答复书
letter-number = 受理编号：{ $receipt }
letter-received = 收到日期：{ $on }
letter-ground = 异议理由：{ $ground }
ground-wrong-or-missing = 信息错误或者遗漏
ground-privacy = 侵犯秘密或者隐私
ground-beyond-term = 超过期限仍在公开
ground-not-disclosable = 其他依法不应公开
letter-note-body = 您的异议已受理，有关信息已标注“存在异议”。我们将在 { $until } 前书面答复。办理不收取任何费用。
letter-report-body = 您反映的情况已收到，将在 { $until } 前核实处理。他人的信息依法不向您提供。
letter-report-answered = 您反映的情况已核实并按规定处理。他人的信息依法不向您提供。
letter-upheld = 经核查，异议成立，有关信息予以更正。
letter-upheld-grade = 更正后的等级：{ $grade }
letter-rejected = 经核查，异议不成立，有关信息不作更正。
letter-withdrawn = 您已撤回异议，办理终结。
letter-reason = 理由：{ $reason }
letter-further = 对答复不服的，可以附上本人声明，与有关信息一并展示，也可以向旗评定办公室反映或者申请人工决定。
letter-dated = 日期：{ $on }
