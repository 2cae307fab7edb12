# reviewed = true

sync-saved = saved on this device
sync-waiting = waiting
sync-sending = sending
sync-received = received by the server
sync-needs-you = needs you
sync-nothing-to-do = everything has arrived
sync-waiting-count = { $count } waiting
sync-needs-you-count = { $count } need you
sync-no-signal = No signal. Your data is saved and goes out when there is one.
sync-last-at = last synchronised: { $at }
sync-now = synchronise now
