// Workbooks as SheetJS writes them, into the folder named; days are those of the time zone TZ.
const path = require("node:path");
const xlsx = require("xlsx");

const folder = process.argv[2];
const SUM = "SUM(C2:C3)";

function save(name, total, day = "2025-03-12") {
  const sheet = xlsx.utils.aoa_to_sheet([
    ["日期", "部门编码", "邮寄件数"],
    [day, "D01", 5],
    [day, "D02", 7],
    ["合计", null, 0],
  ]);
  sheet.C4 = { t: "n", ...total };
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, sheet, "日报");
  xlsx.writeFile(book, path.join(folder, name));
}

for (const format of ["xlsx", "ods"]) {
  save(`sum.${format}`, { f: SUM, v: 12 });
  save(`old_sum.${format}`, { f: SUM, v: 11 });
  save(`sum_never_calculated.${format}`, { f: SUM });
}
save("values.xls", { v: 12 });
save("days.xlsx", { v: 12 }, new Date(2025, 2, 12));
