"use strict";
// 核对文稿的简版：规则用语与 reports/proofreading 相同（由页面数据给出），只看本月核定的数量；前后有没读懂的词就不说不符。
const Proofread = (data) => {
  const patterns = Object.fromEntries(
    Object.entries(data.patterns).map(([name, source]) => [name, new RegExp(source, name === "filler" ? "g" : "")]),
  );
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const byLength = (one, other) => other.length - one.length;
  const unscaled = (unit) => unit.replace(/^[十百千万亿]+/, "");
  const units = new Set();
  for (const number of data.numbers)
    for (const unit of [number.unit, number.display_unit, ...(data.units[number.unit] ?? [])]) units.add(unit);
  const anyUnit = [...new Set([...units].map(unscaled))].filter(Boolean).sort(byLength).map(escaped).join("|");
  const numerals = new RegExp(
    `(?<![\\d.A-Za-z万亿])(\\d{1,3}(?:[,，]\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?)(余|多)?([十百千万亿]*)(余|多)?(${anyUnit})`,
    "g",
  );
  const family = (number) => [number.unit, ...(data.units[number.unit] ?? [])];
  const isFamily = (number, unit) => family(number).includes(unscaled(unit));
  const compared = /上个?月|上年|去年|前年|同期|次月|下月/;
  const period = /季度|半年|累计|以来|全年|\d月?[-—–~至到]+\d{1,2}月/;
  const thisMonth = /本月|当月|今年同月/;

  const PARAGRAPH = "¶";
  const lastOf = (text, marks) => Math.max(...[...marks].map((mark) => text.lastIndexOf(mark))) + 1;

  // 全角数字、标点按半角读；空白和换行不影响；`at` 记下每个字在原文的位置。
  const squeeze = (text) => {
    const characters = [];
    const at = [];
    let place = 0;
    let previous = "";
    for (const character of text) {
      const plain = /[０-９．：]/.test(character) ? character.normalize("NFKC") : character;
      const ends = plain === "\n" && /[。！？\n]/.test(previous);
      if (ends || !/\s/.test(plain)) {
        const kept = ends ? PARAGRAPH : plain;
        characters.push(kept);
        for (let unit = 0; unit < kept.length; unit += 1) at.push(place + unit);
      }
      if (plain === "\n" || !/\s/.test(plain)) previous = plain;
      place += character.length;
    }
    return { at, text: characters.join("") };
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
    found.sort((one, other) => other.weight - one.weight || other.end - one.end);
    const whole = new Set(found.filter((one) => one.weight > 100).map((one) => one.number));
    return found.length ? { ...found[0], joined: whole.size > 1 } : undefined;
  };
  const lastEnd = (segment, words) => Math.max(...words.map((word) => segment.lastIndexOf(word) + word.length));
  const foreign = (segment, words) => {
    let rest = segment;
    for (const word of [...words].sort(byLength)) rest = rest.split(word).join("");
    return rest.replace(patterns.filler, "").length;
  };

  // 从这一段开头到这个数，再到它后面的标点，除了指标的叫法、时间和不改变意思的词，还剩下什么。
  const labelWords = data.numbers.flatMap((number) => number.labels.flat()).map((word) => escaped(word.replace(/^-/, "")));
  const understood = new RegExp([...labelWords, ...patterns.filler.source.split("|")].sort(byLength).join("|"), "g");
  const isUnread = (before, after) => {
    const told = before.slice(lastOf(before, PARAGRAPH)) + after.split(/[，。；：、！？（,;¶]/)[0];
    return told.replace(numerals, "").replace(/\d+(?:\.\d+)?(?:%|个?百分点)/g, "").replace(understood, "").length > 0;
  };

  const isOtherTime = (before, sentence) => {
    let other = false;
    const mention = /(?:(\d{4})年)?(\d{1,2})月份?(?!\d{1,2}[日号])|(\d{4})年|本月|当月/g;
    for (const [text, year, number, alone] of before.slice(lastOf(before, PARAGRAPH)).matchAll(mention)) {
      if (/本月|当月/.test(text)) other = false;
      else other = Number(year ?? alone ?? data.year) !== data.year || (number ? Number(number) !== data.month : other);
    }
    const clause = sentence.slice(lastOf(sentence, "，；,"));
    return other || ((compared.test(clause) || period.test(sentence)) && !thisMonth.test(clause));
  };

  const verdict = (kind, message) => ({ kind, message });
  const judge = (digits, unit, separated, before, sentence, segment, after) => {
    const decimals = (digits.split(".")[1] ?? "").length;
    const sameDigits = (number) => Number(digits) === Number(number.printed) && decimals <= number.decimals;
    const same = (number) => sameDigits(number) && unit === number.display_unit;
    const exactly = (number) => digits === number.exact && family(number).includes(unit);
    const told = (number) => `${number.printed} ${number.display_unit}`;
    const clause = segment.slice(lastOf(segment, "，；,"));
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
    if (close && name.joined && /(?:共|合计|共计|总计)[^，；]{0,4}$/.test(segment))
      return verdict("skipped", "没有核对：像是几个数的合计");
    if (!close || (!isFamily(name.number, unit) && digits !== name.number.printed)) {
      const equal = data.numbers.filter(same);
      if (equal.length) return verdict("match", `与核定数相同：${equal.map((number) => number.name).join("、")}`);
      const old = data.numbers.find((number) => number.earlier.includes(digits) && unit === number.display_unit);
      if (old && !shared) return verdict("differ", `这是修订以前的数：${old.name}现为 ${told(old)}`);
      return verdict("unknown", "核定书里没有这个数；如果是您自己的数，请自行核对");
    }
    const number = name.number;
    const isRight = (same(number) && !separated) || exactly(number);
    if (!isRight && isUnread(before, after))
      return verdict("skipped", "没有核对：前后有没读懂的词，可能说的是别的地方、单位或时段");
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
      const sentenceStart = lastOf(before, `。！？${PARAGRAPH}`);
      const segmentStart = Math.max(left, lastOf(before, `。！？；${PARAGRAPH}`));
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
