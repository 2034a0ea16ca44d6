"use strict";
(() => {
  const MOST = 1000;
  const base = location.pathname.replace(/\/$/, "");
  const $ = (id) => document.getElementById(id);
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  // The token comes in the fragment, which is never sent, and leaves the address bar at once.
  const fragment = () => new URLSearchParams(location.hash.slice(1));
  const given = fragment().get("token");
  if (given) {
    sessionStorage.setItem("countersign-token", given);
    history.replaceState(null, "", location.pathname);
  }
  const goTo = (hash) => history.replaceState(null, "", location.pathname + hash);
  const headers = () => {
    const token = sessionStorage.getItem("countersign-token");
    return token ? { authorization: `Bearer ${token}` } : {};
  };
  const ask = async (path, options = {}) => {
    const response = await fetch(base + path, { ...options, headers: headers(), cache: "no-store" });
    if (response.status === 401) {
      const token = prompt("The token of the admin API (--admin-token):");
      if (token) {
        sessionStorage.setItem("countersign-token", token);
        return ask(path, options);
      }
    }
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new Error(problem.detail || `${response.status} ${response.statusText}`);
    }
    return response;
  };
  const json = async (path, options) => (await ask(path, options)).json();

  let exchanges = []; // newest first
  let picked = null;
  const marks = { kept: "✓", broken: "✗", undecided: "?", failed: "!", refused: "!", "left-out": "!" };
  const time = (ms) => (ms < 10 ? `${ms.toFixed(2)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

  const say = (text, kind) => {
    $("state").textContent = text;
    $("state").className = kind;
  };

  const fits = (exchange) => {
    const verdict = $("verdict").value;
    if (verdict && exchange.verdict !== verdict) return false;
    const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = [exchange.method, exchange.url, exchange.status, exchange.operation, exchange.contract, exchange.verdict,
      exchange["request-id"], ...exchange.checks, exchange["answered-by"].rule, exchange["answered-by"].kind].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };

  const answeredBy = (by) => (by.kind === "rule" ? `rule ${by.rule}` : by.kind === "problem" ? "problem details" : by.kind);

  const row = (exchange, fresh) => {
    const notes = [exchange.operation || "no operation"];
    if (exchange.findings) notes.push(`${exchange.findings} finding${exchange.findings > 1 ? "s" : ""}`);
    if (exchange.troubles) notes.push("the mock is at fault");
    notes.push(answeredBy(exchange["answered-by"]));
    const query = exchange.url.includes("?") ? exchange.url.slice(exchange.url.indexOf("?")) : "";
    const item = make("li", { tabIndex: 0, className: fresh ? "new" : "" },
      make("span", { className: exchange.verdict, title: exchange.verdict, textContent: marks[exchange.verdict] || "·" }),
      make("span", { className: "method", textContent: exchange.method }),
      make("span", { className: "path", textContent: exchange.path + query }),
      make("span", { className: "status", textContent: exchange.status }),
      make("span", { className: "time", textContent: time(exchange["elapsed-ms"]) }),
      make("span", { className: "note", textContent: notes.join(" · ") }));
    item.dataset.number = exchange.number;
    item.setAttribute("aria-label", `${exchange.verdict}: ${exchange.method} ${exchange.path}, ${exchange.status}`);
    if (exchange.number === picked) item.setAttribute("aria-current", "true");
    return item;
  };

  const counts = () => {
    $("count").textContent = exchanges.length;
    $("empty").hidden = exchanges.length > 0;
    const broken = exchanges.filter((exchange) => exchange.verdict === "broken").length;
    document.title = broken ? `✗ ${broken} broken · countersign mock` : "countersign mock";
  };

  const draw = () => {
    $("list").replaceChildren(...exchanges.filter(fits).map((exchange) => row(exchange, false)));
    counts();
  };

  const add = (exchange) => {
    if (exchanges.length && exchange.number <= exchanges[0].number) return;
    exchanges.unshift(exchange);
    if (exchanges.length > MOST) exchanges.pop();
    if (fits(exchange)) $("list").prepend(row(exchange, true));
    while ($("list").childElementCount > MOST) $("list").lastElementChild.remove();
    counts();
    if (!$("operations").hidden) later();
  };

  const place = (at) => (at ? `${at.file}:${at.line}:${at.column}` : "");

  const finding = (found) => {
    const rows = [["expected", found.expected], ["found", found.actual], ["at", found.instance === "" ? "(the whole body)" : found.instance],
      ["document", place(found["contract-place"])]].filter(([, value]) => value);
    return make("div", { className: "finding" },
      make("p", {}, make("code", { textContent: found.check }), " ", found.message),
      rows.length ? make("dl", {}, ...rows.flatMap(([key, value]) => [make("dt", { textContent: key }), make("dd", { textContent: value })])) : null);
  };

  const pretty = (message) => {
    if (message.base64) return `(${message["cut-from"] || atob(message.body).length} bytes that are no text)`;
    const type = (message.headers.find(([name]) => name.toLowerCase() === "content-type") || [])[1] || "";
    try {
      if (/json/i.test(type) && !message["cut-from"]) return JSON.stringify(JSON.parse(message.body), null, 2);
    } catch { /* shown as it is */ }
    return message.body + (message["cut-from"] ? `\n… of ${message["cut-from"]} bytes` : "");
  };

  const message = (title, first, message) => [
    make("h3", { textContent: title }),
    make("div", { className: "facts" }, make("code", { textContent: first })),
    make("dl", {}, ...message.headers.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })])),
    message.body ? make("pre", { textContent: pretty(message) }) : null,
  ];

  const copy = async (button, text) => {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1200);
  };

  const save = async (number) => {
    const text = await (await ask(`/exchanges/${number}/case`)).text();
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })), download: `exchange-${number}.yaml` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const nearMiss = (miss) => make("div", { className: "finding soft" },
    make("p", {}, make("code", { textContent: miss.rule ? `rule ${miss.rule}` : miss.route }), ` ${miss.rule ? "" : miss.operation}`),
    ...miss.reasons.map((reason) => make("p", { textContent: reason })),
    make("p", { className: "where", textContent: place(miss.place) }));

  /** Back to the list. */
  const leave = () => {
    document.body.classList.remove("reading");
    const item = $("list").querySelector(`[data-number="${picked}"]`);
    picked = null;
    goTo("");
    for (const other of $("list").children) other.removeAttribute("aria-current");
    $("detail").replaceChildren(make("p", { className: "facts", textContent: "Pick an exchange to see its request, its response and what was found." }));
    if (item) item.focus();
  };

  const show = async (number) => {
    picked = number;
    goTo(`#exchange=${number}`);
    for (const item of $("list").children) item.removeAttribute("aria-current");
    const item = $("list").querySelector(`[data-number="${number}"]`);
    if (item) item.setAttribute("aria-current", "true");
    const detail = $("detail");
    let exchange;
    try {
      ({ exchange } = await json(`/exchanges/${number}`));
    } catch (error) {
      detail.replaceChildren(make("p", { textContent: error.message }));
      return;
    }
    if (picked !== number) return;
    const curl = make("button", { textContent: "Copy as curl" });
    curl.onclick = () => copy(curl, exchange.curl);
    const saved = make("button", { textContent: "Save as case" });
    saved.onclick = () => save(number).catch((error) => say(error.message, "lost"));
    const back = make("button", { id: "back", textContent: "← All exchanges" });
    back.onclick = () => { leave(); };
    const near = exchange["near-misses"].filter((miss) => miss.rule || !exchange.operation);
    detail.replaceChildren(...[
      back,
      make("h2", {}, make("span", { className: exchange.verdict, textContent: `${marks[exchange.verdict]} ${exchange.verdict} ` }), `${exchange.method} ${exchange.path}`),
      make("p", { className: "facts" },
        [exchange.contract, exchange.operation, `${exchange.status} from ${answeredBy(exchange["answered-by"])}`, time(exchange["elapsed-ms"]),
          new Date(exchange.at).toLocaleTimeString(), `id ${exchange["request-id"]}`].filter(Boolean).join(" · ")),
      make("div", { className: "actions" }, curl, saved),
      exchange.error ? make("div", { className: "finding" }, exchange.error) : null,
      ...(exchange.findings.length ? [make("h3", { textContent: "What breaks the contract" }), ...exchange.findings.map(finding)] : []),
      ...(exchange.undecided.length ? [make("h3", { textContent: "What could not be judged" }),
        ...exchange.undecided.map((one) => make("div", { className: "finding soft" }, make("code", { textContent: one.check }), ` ${one.reason}`))] : []),
      ...(exchange.troubles.length ? [make("h3", { textContent: "What is wrong with the mock" }),
        ...exchange.troubles.map((trouble) => make("div", { className: "finding" }, trouble))] : []),
      ...(near.length ? [make("h3", { textContent: "What would have matched" }), ...near.map(nearMiss)] : []),
      ...message("Request", `${exchange.method} ${exchange.url}`, exchange.request),
      ...message("Response", `${exchange.status}`, exchange.response),
    ].filter(Boolean));
    detail.scrollTop = 0;
    document.body.classList.add("reading");
  };

  const operations = async () => {
    const { operations: all } = await json("/operations");
    const exercised = all.filter((operation) => operation.exchanges).length;
    $("exercised").textContent = `${exercised}/${all.length}`;
    if ($("operations").hidden) return;
    const many = new Set(all.map((operation) => operation.contract)).size > 1;
    const rows = all.map((operation) => {
      const seen = Object.keys(operation.statuses);
      const covers = (pattern) => seen.filter((status) => pattern === status || (/^[1-5]XX$/i.test(pattern) && pattern[0] === status[0] && !operation.documented.includes(status))
        || (pattern === "default" && !operation.documented.includes(status) && !operation.documented.includes(`${status[0]}XX`)));
      const told = operation.documented.map((pattern) => {
        const count = covers(pattern).reduce((sum, status) => sum + operation.statuses[status], 0);
        return make("span", { className: count ? "chip seen" : "chip", textContent: count ? `${pattern} × ${count}` : pattern });
      });
      const known = new Set(operation.documented.flatMap(covers));
      const odd = seen.filter((status) => !known.has(status)).map((status) => make("span", { className: "chip odd", title: "not documented", textContent: `${status} × ${operation.statuses[status]}` }));
      const broken = operation.verdicts.broken || 0;
      return make("tr", { className: operation.exchanges ? "" : "never" },
        make("td", { className: "mono", textContent: `${operation.method} ${operation.path}` }),
        make("td", { className: "name", textContent: (many ? `${operation.contract} · ` : "") + operation.operation }),
        make("td", { className: "number" }, `${operation.exchanges}`, broken ? make("span", { className: "broken", textContent: ` (${broken} broken)` }) : null),
        make("td", { className: "statuses" }, ...told, ...odd));
    });
    const head = make("thead", {}, make("tr", {}, ...["Operation", "Id", "Exchanges", "Responses"].map((text) => make("th", { textContent: text }))));
    $("operations").replaceChildren(make("p", { className: "facts", textContent: `${exercised} of ${all.length} operations were exercised.` }), make("table", {}, head, make("tbody", {}, ...rows)));
  };
  let waiting = null;
  const later = () => {
    if (waiting === null) waiting = setTimeout(() => { waiting = null; operations().catch(() => {}); }, 400);
  };

  /** Callbacks and webhooks that the mock sent; the tab is there once there is one. */
  const callbacks = async () => {
    const { callbacks: all } = await json("/callbacks");
    $("tab-callbacks").hidden = all.length === 0 && $("callbacks").hidden;
    $("called").textContent = all.length;
    if ($("callbacks").hidden) return;
    const rows = all.map((call) => make("details", { className: "call" },
      make("summary", {},
        make("span", { className: marks[call.verdict] === "!" ? "failed" : call.verdict, textContent: `${marks[call.verdict]} ${call.verdict} ` }),
        make("span", { className: "mono", textContent: `${call.method || ""} ${call.url || ""} ` }),
        make("span", { className: "facts", textContent: [call.status, call.name, call.contract, new Date(call.at).toLocaleTimeString()].filter(Boolean).join(" · ") })),
      call.error ? make("div", { className: "finding soft" }, call.error) : null,
      ...(call.findings || []).map(finding),
      ...(call.request ? message("Request", `${call.method} ${call.url}`, call.request) : []).filter(Boolean),
      ...(call.response ? message("Response", `${call.status}`, call.response) : []).filter(Boolean)));
    $("callbacks").replaceChildren(...(rows.length ? rows : [make("p", { className: "facts", textContent: "No callback or webhook was sent yet." })]));
  };

  const view = (name) => {
    for (const one of ["exchanges", "operations", "callbacks"]) {
      $(one).hidden = one !== name;
      $(`tab-${one}`).setAttribute("aria-pressed", String(one === name));
    }
    goTo(name !== "exchanges" ? `#${name}` : picked ? `#exchange=${picked}` : "");
    Promise.all([operations(), callbacks()]).catch((error) => say(error.message, "lost"));
  };

  const load = async () => {
    const found = await json(`/exchanges?limit=${MOST}`);
    exchanges = found.exchanges;
    draw();
    later();
    await callbacks();
  };

  const listen = async () => {
    for (;;) {
      try {
        const response = await ask("/events");
        await load();
        say("live", "live");
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          text += value;
          const parts = text.split("\n\n");
          text = parts.pop();
          for (const part of parts) {
            const fields = Object.fromEntries(part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
            if (fields.event === "exchange") { add(JSON.parse(fields.data)); later(); }
            if (fields.event === "missed") await load();
            if (fields.event === "callback") await callbacks();
          }
        }
        say("the server is gone; trying again …", "lost");
      } catch (error) {
        say(`${error.message}; trying again …`, "lost");
      }
      await new Promise((resolve) => { setTimeout(resolve, 1000); });
    }
  };

  $("list").addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) show(Number(item.dataset.number));
  });
  $("list").addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(Number(item.dataset.number)); }
    if (event.key === "ArrowDown" && item.nextElementSibling) { event.preventDefault(); item.nextElementSibling.focus(); }
    if (event.key === "ArrowUp" && item.previousElementSibling) { event.preventDefault(); item.previousElementSibling.focus(); }
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filter").addEventListener("input", draw);
  $("verdict").addEventListener("change", draw);
  $("tab-exchanges").onclick = () => view("exchanges");
  $("tab-operations").onclick = () => view("operations");
  $("tab-callbacks").onclick = () => view("callbacks");
  $("reset").onclick = async () => {
    try {
      await json("/reset", { method: "POST" });
      leave();
      await load();
    } catch (error) {
      say(error.message, "lost");
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && picked) leave();
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); $("filter").focus(); }
  });
  const first = fragment();
  if (first.has("operations")) view("operations");
  else if (first.has("callbacks")) view("callbacks");
  else if (first.get("exchange")) show(Number(first.get("exchange")));
  else leave();
  listen();
})();
