"use strict";
// 核对文稿的简版：规则用语与 reports/proofreading 相同（由页面数据给出），只看本月的数量。
const Proofread = (data) => {
  const patterns = Object.fromEntries(
    Object.entries(data.patterns).map(([name, source]) => [name, new RegExp(source, name === "filler" ? "g" : "")]),
  );
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const byLength = (one, other) => other.length - one.length;
  const units = new Set();
  for (const number of data.numbers)
    for (const unit of [number.unit, number.display_unit, ...(data.units[number.unit] ?? [])]) units.add(unit);
  const bare = [...units].map((unit) => unit.replace(/^[十百千万亿]+/, ""));
  const anyUnit = [...new Set(bare)].filter(Boolean).sort(byLength).map(escaped).join("|");
  const numerals = new RegExp(
    `(?<![\\d.A-Za-z])(\\d{1,3}(?:[,，]\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?)(余|多)?([十百千万亿]*)(余|多)?(${anyUnit})`,
    "g",
  );
  const unitNames = (unit) => {
    const scale = unit.match(/^[十百千万亿]*/)[0];
    const names = [unit.slice(scale.length), ...(data.units[unit.slice(scale.length)] ?? [])];
    return names.map((name) => scale + name);
  };
  const otherTime = /上个?月|上年|去年|前年|同期|季度|半年|累计|以来|全年|\d月?[-—–~至到]+\d{1,2}月|次月|下月/;
  const thisMonth = /本月|当月|今年同月/;

  // 全角数字、标点按半角读；空白和换行不影响；`at` 记下每个字在原文的位置。
  const squeeze = (text) => {
    const characters = [];
    const at = [];
    [...text].reduce((place, character) => {
      const plain = /[０-９．：]/.test(character) ? character.normalize("NFKC") : character;
      if (!/\s/.test(plain)) {
        characters.push(plain);
        at.push(place);
      } else if (/\n/.test(plain) && /\n\s*$/.test(text.slice(0, place))) {
        characters.push("。");
        at.push(place);
      }
      return place + character.length;
    }, 0);
    return { characters, at, text: characters.join("") };
  };

  const named = (segment, earlier) => {
    const found = [];
    for (const number of data.numbers)
      for (const label of number.labels) {
        const words = label.filter((word) => !word.startsWith("-"));
        const without = label.filter((word) => word.startsWith("-")).map((word) => word.slice(1));
        const here = words.filter((word) => segment.includes(word));
        const whole = here.length === words.length;
        const begun = here.length && words.every((word) => segment.includes(word) || earlier.includes(word));
        const weight = here.join("").length;
        if (without.some((word) => segment.includes(word))) continue;
        if (whole) found.push({ number, weight: weight + 100, end: lastEnd(segment, here), words: here });
        else if (begun && !foreign(segment, here)) found.push({ number, weight, end: lastEnd(segment, here), words: here });
      }
    return found.sort((one, other) => other.weight - one.weight || other.end - one.end)[0];
  };
  const lastEnd = (segment, words) => Math.max(...words.map((word) => segment.lastIndexOf(word) + word.length));
  const foreign = (segment, words) => {
    let rest = segment;
    for (const word of [...words].sort(byLength)) rest = rest.split(word).join("");
    return rest.replace(patterns.filler, "").length;
  };

  const isOtherTime = (before, sentence) => {
    let month = data.month;
    let other = false;
    const mention = /(?:(\d{4})年)?(\d{1,2})月份?(?!\d{1,2}[日号])|(\d{4})年|本月|当月/g;
    for (const [text, year, number, alone] of before.matchAll(mention)) {
      if (/本月|当月/.test(text)) other = false;
      else other = Number(year ?? alone ?? data.year) !== data.year || (number ? Number(number) !== month : other);
    }
    const clause = sentence.slice(Math.max(...["，", "；", ","].map((mark) => sentence.lastIndexOf(mark))) + 1);
    return other || (otherTime.test(clause) && !thisMonth.test(clause));
  };

  const verdict = (kind, message) => ({ kind, message });
  const judge = (digits, unit, separated, before, sentence, segment, after) => {
    const same = (number) => digits === number.printed && unit === number.display_unit;
    const exactly = (number) => digits === number.exact && unit === number.unit;
    const told = (number) => `${number.printed} ${number.display_unit}`;
    const clause = segment.slice(Math.max(...["，", "；", ","].map((mark) => segment.lastIndexOf(mark))) + 1);
    const unjudged =
      patterns.other_scope.test(clause) ||
      patterns.changed_by.test(segment.slice(-24)) ||
      patterns.formerly.test(segment) ||
      /(?:约|近|接近|超过|超|逾|突破|不足|不到)$/.test(segment) ||
      /^(?:更正|修订|改)为/.test(after) ||
      isOtherTime(before, sentence);
    if (unjudged) return verdict("skipped", "没有核对：说的像是别的范围、别的月份、增减量或约数");
    const shared = /分别|依次|共计|合计|总计|[和与及、]/.test(segment) || /^[、和]/.test(segment);
    const name = shared && /分别|依次/.test(sentence) ? undefined : named(segment, sentence);
    const close = name && segment.length - name.end <= 12;
    if (!name || !close) {
      const equal = data.numbers.filter(same);
      if (equal.length) return verdict("match", `与核定数相同：${equal.map((number) => number.name).join("、")}`);
      const old = data.numbers.find((number) => number.earlier.includes(digits) && unit === number.display_unit);
      if (old && !shared) return verdict("differ", `这是修订以前的数：${old.name}现为 ${told(old)}`);
      return verdict("unknown", "核定书里没有这个数；如果是您自己的数，请自行核对");
    }
    const number = name.number;
    if (same(number) && !separated) return verdict("match", `与核定数相同：${number.name}`);
    if (same(number)) return verdict("differ", `${number.name}不加千分位，应写 ${told(number)}`);
    if (exactly(number)) return verdict("match", `与准确数相同：${number.name}（刊印数写 ${told(number)}）`);
    if (number.earlier.includes(digits) && unit === number.display_unit)
      return verdict("differ", `这是修订以前的数：${number.name}现为 ${told(number)}`);
    if (digits === number.printed) return verdict("differ", `单位不对：${number.name}应写 ${told(number)}`);
    if (Number(digits) === Number(number.printed) && unit === number.display_unit)
      return verdict("differ", `末尾的 0 不写：${number.name}应写 ${told(number)}`);
    return verdict("differ", `${number.name}的核定数是 ${told(number)}`);
  };

  return (text) => {
    const plain = squeeze(text);
    const results = [];
    let left = 0;
    for (const match of plain.text.matchAll(numerals)) {
      const [whole, written, more, scale, moreToo, unit] = match;
      const start = match.index;
      const before = plain.text.slice(0, start);
      const sentenceStart = Math.max(...["。", "！", "？"].map((mark) => before.lastIndexOf(mark))) + 1;
      const segmentStart = Math.max(left, sentenceStart, before.lastIndexOf("；") + 1);
      const digits = written.replace(/[,，]/g, "");
      const after = plain.text.slice(start + whole.length);
      const found =
        more || moreToo
          ? verdict("skipped", "没有核对：约数")
          : judge(digits, scale + unit, digits !== written, before, before.slice(sentenceStart), before.slice(segmentStart), after);
      left = start + whole.length;
      const from = plain.at[start];
      const to = (plain.at[left - 1] ?? 0) + 1;
      results.push({ from, to, text: text.slice(from, to), ...found });
    }
    return results;
  };
};
