"use strict";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const say = (element, text) => {
  element.textContent = "";
  window.setTimeout(() => (element.textContent = text), 30);
};

// 复制：先用剪贴板接口；从内网地址打开、浏览器不给剪贴板时，退回选中再复制。
const copyOldWay = (text) => {
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "offscreen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text);
  }
};
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copy(read("texts")[button.dataset.copy]);
    button.focus();
    say(document.getElementById("copied"), done ? "已复制" : "浏览器不让复制，请选中文字后按 Ctrl+C");
  });
}

// 部门、日历：一次看一个指标；没有脚本时全部列出。
for (const select of document.querySelectorAll("select[data-panels]")) {
  const panels = [...document.querySelectorAll(`[data-panel="${select.dataset.panels}"]`)];
  const show = () => panels.forEach((panel) => (panel.hidden = panel.dataset.metric !== select.value));
  select.addEventListener("change", show);
  select.closest(".chooser").hidden = false;
  show();
}

const box = document.getElementById("proof");
if (box) {
  const proofread = Proofread(read("proof-data"));
  const WORDS = { match: "相符", differ: "不符", unknown: "没有出处", skipped: "未核对" };
  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const summary = (results) => {
    if (!results.length) return "没有找到带单位的数字。";
    const counted = Object.entries(WORDS).map(([kind, word]) => [results.filter((one) => one.kind === kind).length, word]);
    return counted.filter(([count]) => count).map(([count, word]) => `${word} ${count} 处`).join("，") + "。";
  };
  const marked = (text, results) => {
    const parts = [];
    let place = 0;
    for (const one of results) {
      parts.push(text.slice(place, one.from));
      const mark = element("mark", text.slice(one.from, one.to), one.kind);
      mark.append(element("span", `〔${WORDS[one.kind]}〕`, "word"));
      parts.push(mark);
      place = one.to;
    }
    return [...parts, text.slice(place)];
  };
  const check = () => {
    const text = box.querySelector("textarea").value;
    const results = proofread(text);
    say(box.querySelector("[role=status]"), summary(results));
    const order = ["differ", "unknown", "skipped", "match"];
    const list = [...results].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
    box.querySelector("ul").replaceChildren(
      ...list.map((one) => {
        const item = element("li", "", one.kind);
        item.append(element("b", WORDS[one.kind]), element("q", one.text), element("span", one.message));
        return item;
      }),
    );
    box.querySelector(".marked").replaceChildren(...marked(text, results));
    box.querySelector(".result").hidden = false;
  };
  box.hidden = false;
  box.querySelector("button").addEventListener("click", check);
  box.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) check();
  });
}
