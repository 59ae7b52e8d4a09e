import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.poi.hssf.usermodel.HSSFWorkbook;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.Sheet;

/** Workbooks as Apache POI writes them, into the folder named. */
class Poi {
    private static final String SUM = "SUM(C2:C3)";
    private static final String PRODUCT = "C2*1+C3*1";

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        save(folder.resolve("sum.xls"), calculated(filled(SUM)));
        save(folder.resolve("sum_never_calculated.xls"), filled(SUM));
        save(folder.resolve("product.xls"), calculated(filled(PRODUCT)));
        save(folder.resolve("sum_to_calculate.xls"), toCalculate(calculated(filled(SUM))));
    }

    private static HSSFWorkbook filled(String total) {
        HSSFWorkbook book = new HSSFWorkbook();
        Sheet sheet = book.createSheet("日报");
        row(sheet, "日期", "部门编码").createCell(2).setCellValue("邮寄件数");
        row(sheet, "2025-03-12", "D01").createCell(2).setCellValue(5);
        row(sheet, "2025-03-12", "D02").createCell(2).setCellValue(7);
        row(sheet, "合计").createCell(2).setCellFormula(total);
        return book;
    }

    private static Row row(Sheet sheet, String... texts) {
        Row row = sheet.createRow(sheet.getPhysicalNumberOfRows());
        for (int column = 0; column < texts.length; column++) {
            row.createCell(column).setCellValue(texts[column]);
        }
        return row;
    }

    private static HSSFWorkbook calculated(HSSFWorkbook book) {
        book.getCreationHelper().createFormulaEvaluator().evaluateAll();
        return book;
    }

    private static HSSFWorkbook toCalculate(HSSFWorkbook book) {
        book.setForceFormulaRecalculation(true);
        return book;
    }

    private static void save(Path file, HSSFWorkbook book) throws IOException {
        try (OutputStream stream = Files.newOutputStream(file)) {
            book.write(stream);
        }
    }
}
