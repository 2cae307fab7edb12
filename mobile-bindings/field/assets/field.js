// Saving while one writes, signatures, photos, and the way to the program where there is no port.
// ES2017. Every page works without it, but for drawing a signature and taking a photo.
(function () {
  'use strict';
  var bridge = window.FieldBridge;

  // One way to the program: over the shell's bridge where there is no port, by fetch elsewhere.
  async function post(path, form) {
    var body = new URLSearchParams(form).toString();
    if (bridge) {
      var answer = JSON.parse(bridge.post(path, body));
      return { ok: answer.status < 400, at: answer.location, text: answer.body };
    }
    var response = await fetch(path, {
      method: 'POST', body: body, credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return { ok: response.ok, at: response.headers.get('content-location'), text: await response.text() };
  }

  function show(answer) {
    isGoing = false;
    if (answer.at) history.replaceState(null, '', answer.at);
    var page = new DOMParser().parseFromString(answer.text, 'text/html');
    document.documentElement.lang = page.documentElement.lang;
    document.title = page.title;
    document.body.replaceWith(page.body);
    begin();
    window.scrollTo(0, 0);
  }

  // A field that is left is kept; what is wrong is said beside it. Saves of one page go one after
  // another, so that a later value never comes before an earlier one.
  var last = Promise.resolve();
  function keep(form, field) {
    var data = new FormData(form), item = field.dataset.item, sent = new FormData();
    sent.append('item', item);
    data.forEach(function (value, name) { if (name.slice(2) === item) sent.append(name, value); });
    var state = mark(field);
    last = last.then(async function () {
      try {
        var answer = await post(form.dataset.save, sent);
        var kept = JSON.parse(answer.text), error = field.querySelector('.error');
        await still();
        error.textContent = kept.error || '';
        error.hidden = !kept.error;
        if (!answer.ok) throw new Error('not kept');
        field.classList.toggle('wrong', !!kept.error);
        warn(kept.warnings);
        if (kept.stands) field.querySelector('summary').firstChild.textContent = kept.stands;
        state.className = 'state';
        state.title = kept.note || kept.saved;
        state.textContent = field.matches('.cell') ? '✓' : '✓ ' + state.title;
      } catch (_) {
        state.className = 'state failed';
        state.textContent = '✗';
        field.dataset.unsaved = '1';
        look();
        return;
      }
      delete field.dataset.unsaved;
    });
    return last;
  }

  // What looks wrong in the section, as it stands after every field; nothing is said twice.
  function warn(words) {
    var box = document.getElementById('warnings');
    if (!box || !words || box.dataset.told === words.join('\n')) return;
    box.dataset.told = words.join('\n');
    box.querySelectorAll('.warning').forEach(function (old) { old.remove(); });
    words.forEach(function (one) {
      var line = document.createElement('p');
      line.className = 'warning';
      line.textContent = one;
      box.appendChild(line);
    });
    box.hidden = !words.length;
  }

  // A page that moves under a finger swallows its tap: what is told of a field has its place in the
  // line of its state, and what needs more room waits until no finger is down.
  var isDown = false, waiting = [];
  document.addEventListener('pointerdown', function () { isDown = true; }, true);
  ['pointerup', 'pointercancel'].forEach(function (name) {
    document.addEventListener(name, function () {
      isDown = false;
      // After the click that belongs to it.
      setTimeout(function () { waiting.splice(0).forEach(function (go) { go(); }); }, 50);
    }, true);
  });
  function still() {
    return new Promise(function (go) {
      if (isDown) waiting.push(go);
      else go();
    });
  }

  function mark(field) {
    var state = field.querySelector('.state');
    if (!state) {
      state = document.createElement('span');
      state.className = 'state';
      state.setAttribute('role', 'status');
      field.querySelector('summary').appendChild(state);
    }
    state.textContent = '…';
    return state;
  }

  function entry(form) {
    form.addEventListener('change', function (event) {
      var field = event.target.closest('[data-item]');
      if (!field) return;
      var state = field.querySelector('[name^="s:"]');
      // A value that is written is known, whatever was answered before.
      if (state && event.target.name.slice(0, 2) === 'v:' && event.target.value) state.value = 'known';
      keep(form, field);
    });
    // Enter on a keypad goes to the next field, as people expect of it.
    form.addEventListener('keydown', function (event) {
      if (event.key !== 'Enter' || event.target.tagName !== 'INPUT') return;
      event.preventDefault();
      var all = Array.prototype.slice.call(form.querySelectorAll('.entry input, .cell input'));
      var next = all[all.indexOf(event.target) + 1];
      if (next) next.focus();
    });
    var timer = null;
    form.addEventListener('input', function (event) {
      var field = event.target.closest('[data-item]');
      sum();
      if (!field || event.target.type === 'radio') return;
      clearTimeout(timer);
      timer = setTimeout(function () { keep(form, field); }, 600);
    });
    // What could not be kept is tried again when the page is left.
    window.addEventListener('pagehide', function () {
      form.querySelectorAll('[data-unsaved]').forEach(function (field) { keep(form, field); });
    });
  }

  // A form that becomes one record is kept as a whole while one writes it.
  function keeps(form) {
    var timer = null, state = form.querySelector('p.state');
    function save() {
      var data = new FormData(form);
      last = last.then(async function () {
        try {
          var answer = await post(form.dataset.keeps, data);
          if (!answer.ok) throw new Error('not kept');
          state.className = 'state';
          state.textContent = '✓ ' + JSON.parse(answer.text).saved;
        } catch (_) {
          state.className = 'state failed';
          state.textContent = '✗';
          look();
        }
      });
    }
    form.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(save, 600); });
    form.addEventListener('submit', function () { clearTimeout(timer); });
    form.addEventListener('change', function () { clearTimeout(timer); save(); });
  }

  // Sheep units, added up as one writes: thousandths, so that nothing is rounded on the way.
  function sum() {
    var out = document.getElementById('su'), total = 0;
    if (!out) return;
    document.querySelectorAll('tr[data-su]').forEach(function (row) {
      row.querySelectorAll('input[name^="v:"]').forEach(function (input) {
        var plain = input.value.replace(/[\uff10-\uff19]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0xfee0); });
        if (/^\d{1,7}$/.test(plain.trim())) total += Number(plain) * Number(row.dataset.su);
      });
    });
    var rest = String(total % 1000).padStart(3, '0').replace(/0+$/, '');
    out.textContent = Math.floor(total / 1000) + (rest ? '.' + rest : '');
  }

  function signs(canvas) {
    var pen = canvas.getContext('2d'), down = false;
    var kept = canvas.closest('form').elements[canvas.dataset.signs];
    pen.lineWidth = 4; pen.lineCap = 'round'; pen.strokeStyle = '#000';
    function blank() { pen.fillStyle = '#fff'; pen.fillRect(0, 0, canvas.width, canvas.height); }
    function at(event) {
      var box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
    }
    blank();
    if (kept.value) {
      var drawn = new Image();
      drawn.onload = function () { pen.drawImage(drawn, 0, 0); };
      drawn.src = kept.value;
    }
    canvas.addEventListener('pointerdown', function (event) {
      down = true; canvas.setPointerCapture(event.pointerId);
      var p = at(event); pen.beginPath(); pen.moveTo(p[0], p[1]);
    });
    canvas.addEventListener('pointermove', function (event) {
      if (!down) return;
      var p = at(event); pen.lineTo(p[0], p[1]); pen.stroke();
    });
    canvas.addEventListener('pointerup', function () { down = false; kept.value = canvas.toDataURL('image/png'); });
    canvas.parentNode.querySelector('[data-clears]').addEventListener('click', function () { blank(); kept.value = ''; });
  }

  // What is chosen is read and kept at once, which takes a slow phone a while. Nobody leaves before
  // that: whoever presses something meanwhile goes there when it is kept, or stays if it was not.
  var taking = 0, goesTo = null;
  function takes(input, read) {
    input.addEventListener('change', function () {
      var file = input.files[0], form = input.closest('form'), place = input.closest('label');
      if (!file) return;
      var sent = new FormData(form), words = document.body.dataset;
      taking += 1;
      tell(place, 'note', words.saving);
      last = last.then(async function () {
        try {
          var fields = await read(file);
          Object.keys(fields).forEach(function (name) { sent.set(name, fields[name]); });
          taken(await post(form.getAttribute('action'), sent));
        } catch (_) {
          taking -= 1;
          goesTo = null;
          tell(place, 'error', words.failed);
          input.value = '';
        }
      });
    });
  }
  function taken(answer) {
    var next = goesTo;
    taking -= 1;
    goesTo = null;
    show(answer);
    if (next && answer.ok) { isGoing = true; location.href = next; }
  }
  window.addEventListener('beforeunload', function (event) { if (taking) event.preventDefault(); });

  // What became of something is said behind the place where it was asked for.
  function tell(place, kind, words) {
    var told = place.nextElementSibling;
    if (!told || !told.matches('.told')) {
      told = document.createElement('div');
      told.setAttribute('role', 'status');
      place.after(told);
    }
    told.className = 'told ' + kind;
    told.textContent = words;
  }

  // A picture no larger than `side` each way, on a canvas; nothing if it is none.
  function drawn(file, side) {
    return new Promise(function (done) {
      var image = new Image(), url = URL.createObjectURL(file);
      image.onload = function () {
        var scale = Math.min(1, side / Math.max(image.width, image.height)), canvas = document.createElement('canvas');
        canvas.width = Math.round(image.width * scale); canvas.height = Math.round(image.height * scale);
        canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
        URL.revokeObjectURL(url);
        done(canvas);
      };
      image.onerror = function () { URL.revokeObjectURL(url); done(null); };
      image.src = url;
    });
  }

  // A photo is made small enough for the store before it is sent: at most 1600 points a side. What is
  // no picture goes as nothing, and the program says so in the officer's language.
  function photo(input) {
    takes(input, async function (file) {
      var canvas = await drawn(file, 1600), fields = {};
      fields[input.dataset.reads] = canvas ? canvas.toDataURL('image/jpeg', 0.8) : '';
      return fields;
    });
  }

  // A file as it is: the answer that a card brought back.
  function attaches(input) {
    takes(input, function (file) {
      return new Promise(function (done, failed) {
        var reader = new FileReader(), fields = {};
        reader.onload = function () { fields[input.dataset.attaches] = reader.result; done(fields); };
        reader.onerror = failed;
        reader.readAsDataURL(file);
      });
    });
  }

  // A picture of an invitation: the brightness of its points goes to the program, which reads the code.
  function scans(input) {
    takes(input, async function (file) {
      var canvas = await drawn(file, 1200);
      if (!canvas) return { grey: '', width: 0, height: 0 };
      var points = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, grey = [];
      for (var at = 0; at < points.length; at += 4) grey.push(String.fromCharCode((points[at] * 3 + points[at + 1] * 6 + points[at + 2]) / 10));
      return { grey: btoa(grey.join('')), width: canvas.width, height: canvas.height };
    });
  }

  async function follow(place) {
    for (;;) {
      await new Promise(function (done) { setTimeout(done, 1000); });
      if (!document.contains(place)) return;
      var told = JSON.parse(await (await fetch(place.dataset.job, { credentials: 'same-origin' })).text());
      place.textContent = told.words;
      // Whoever is writing is not interrupted.
      var busy = document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (!told.running) {
        delete place.dataset.job;
        if (!busy && !isGoing && !taking) location.reload();
        return;
      }
    }
  }

  // The program locks itself after some minutes without use. What is on the screen leaves it then; what
  // is written goes along, as a change of language takes it along, and the program keeps it until the PIN.
  var isLeaving = false;
  async function look() {
    if (isLeaving || taking || !document.querySelector('body > nav')) return;
    isLeaving = true;
    try {
      var told = JSON.parse(await (await fetch('/api/lock', { credentials: 'same-origin' })).text());
      if (told.locked) await leave();
    } catch (_) {
      // The program has ended, or is busy: the next look tells.
    }
    isLeaving = false;
  }
  async function leave() {
    var form = document.getElementById('entry');
    if (!form) return location.reload();
    var sent = new FormData(form);
    sent.append('lang', document.documentElement.lang);
    show(await post(form.getAttribute('action'), sent));
  }

  // Whoever has pressed something goes there: a page that loads itself anew would take it back.
  var isGoing = false;
  document.addEventListener('click', function (event) {
    var link = event.target.closest('a[href]');
    if (!link || link.hasAttribute('download') || link.getAttribute('href')[0] === '#') return;
    if (!taking) isGoing = true;
    else { event.preventDefault(); goesTo = link.href; }
  }, true);

  window.addEventListener('pageshow', function () { isGoing = false; });

  // Forms over the bridge and by fetch alike: the page that answers takes the place of this one, and
  // the address says where it stands, so that going back or reloading sends nothing twice.
  var pressed = null;
  document.addEventListener('click', function (event) { pressed = event.target.closest('button'); }, true);
  function forms() {
    document.querySelectorAll('form[method="post"]').forEach(function (form) {
      form.addEventListener('submit', function (event) {
        event.preventDefault();
        var sent = new FormData(form), button = event.submitter || pressed;
        if (button && button.name) sent.append(button.name, button.value);
        form.querySelectorAll('button').forEach(function (b) { b.disabled = true; });
        isGoing = true;
        last.then(function () { return post(form.getAttribute('action'), sent); }).then(show).catch(function () {
          isGoing = false;
          form.querySelectorAll('button').forEach(function (b) { b.disabled = false; });
        });
      });
    });
  }

  function print() {
    if (bridge && bridge.print) bridge.print();
    else window.print();
  }

  // A file over the bridge of a shell, which asks where it goes; a browser downloads it by itself.
  function saves(link) {
    link.addEventListener('click', async function (event) {
      if (!bridge || !bridge.save) return;
      event.preventDefault();
      try {
        var file = /^data:([^;,]*)[^,]*;base64,(.*)$/.exec(link.href);
        if (file) bridge.save(link.download, file[1], file[2]);
        else await fetched(link);
      } catch (_) {
        tell(link, 'error', document.body.dataset.failed);
      }
    });
  }
  async function fetched(link) {
    var response = await fetch(link.href, { credentials: 'same-origin' });
    if (!response.ok) throw new Error('no file');
    var named = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') || '');
    var bytes = new Uint8Array(await response.arrayBuffer()), plain = '';
    for (var at = 0; at < bytes.length; at += 0x8000) plain += String.fromCharCode.apply(null, bytes.subarray(at, at + 0x8000));
    var type = (response.headers.get('content-type') || 'application/octet-stream').split(';')[0];
    bridge.save(named ? named[1] : 'itgel.itgel', type, btoa(plain));
  }

  // Where the officer stands, once, if they allow it: thousandths of a degree, for the program on this
  // device and for nobody else.
  function here(place) {
    function ask() {
      function failed() { place.textContent = place.dataset.failed; }
      if (!navigator.geolocation) return failed();
      navigator.geolocation.getCurrentPosition(function (found) {
        var sent = new FormData();
        sent.append('lat', Math.round(found.coords.latitude * 1000));
        sent.append('lon', Math.round(found.coords.longitude * 1000));
        post('/api/here', sent).then(function (answer) {
          if (!answer.ok) failed();
          else if (place.dataset.here === 'reload') location.reload();
          else place.textContent = place.dataset.done;
        }).catch(failed);
      }, failed, { timeout: 15000, maximumAge: 60000 });
    }
    if (place.dataset.here === 'reload') ask();
    else place.addEventListener('click', ask);
  }

  function begin() {
    forms();
    document.querySelectorAll('[data-here]').forEach(here);
    document.querySelectorAll('a[data-saves]').forEach(saves);
    document.querySelectorAll('form[data-save]').forEach(entry);
    document.querySelectorAll('form[data-keeps]').forEach(keeps);
    document.querySelectorAll('canvas[data-signs]').forEach(signs);
    document.querySelectorAll('input[data-reads]').forEach(photo);
    document.querySelectorAll('input[data-attaches]').forEach(attaches);
    document.querySelectorAll('input[data-scans]').forEach(scans);
    document.querySelectorAll('[data-job]').forEach(follow);
    document.querySelectorAll('[data-prints]').forEach(function (b) { b.addEventListener('click', print); });
    // The browser takes the focus away when it goes to the place that the address names, so after that.
    if (document.readyState === 'complete') point();
    else window.addEventListener('load', function () { setTimeout(point, 0); });
  }

  // The field that the address names, ready to be written.
  function point() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    var input = target && target.querySelector('input, select');
    if (input) input.focus();
  }
  begin();
  setInterval(look, 10000);
  // What could not be sent is tried again at once when the network comes back.
  window.addEventListener('online', function () { post('/api/network', new FormData()).catch(function () {}); });
}());
