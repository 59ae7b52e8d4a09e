' Workbooks as LibreOffice saves them, into the folder whose URL is given.
Sub Make(folder As String)
  Dim formats, number
  formats = Array("ods", "calc8", "xlsx", "Calc MS Excel 2007 XML", "xls", "MS Excel 97")
  For number = 0 To UBound(formats) Step 2
    Save(folder & "sum." & formats(number), formats(number + 1), "=SUM(C2:C3)", True)
    Save(folder & "product." & formats(number), formats(number + 1), "=C2*1+C3*1", True)
    Save(folder & "old_sum." & formats(number), formats(number + 1), "=SUM(C2:C3)", False)
    Save(folder & "old_product." & formats(number), formats(number + 1), "=C2*1+C3*1", False)
  Next
End Sub

' A day's table with a total; uncalculated, a count is changed after automatic calculation was switched off.
Sub Save(url As String, filter As String, total As String, calculated As Boolean)
  Dim nothing_shown(0) As New com.sun.star.beans.PropertyValue
  Dim saving(0) As New com.sun.star.beans.PropertyValue
  nothing_shown(0).Name = "Hidden"
  nothing_shown(0).Value = True
  saving(0).Name = "FilterName"
  saving(0).Value = filter
  Dim book, sheet
  book = StarDesktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, nothing_shown())
  sheet = book.Sheets.getByIndex(0)
  sheet.Name = "日报"
  sheet.getCellRangeByName("A1:C3").setDataArray(Array( _
    Array("日期", "部门编码", "邮寄件数"), _
    Array("2025-03-12", "D01", 5), _
    Array("2025-03-12", "D02", 7)))
  sheet.getCellRangeByName("A4").String = "合计"
  If Not calculated Then sheet.getCellRangeByName("C3").Value = 6
  sheet.getCellRangeByName("C4").Formula = total
  If Not calculated Then
    book.enableAutomaticCalculation(False)
    sheet.getCellRangeByName("C3").Value = 7
  End If
  book.storeToURL(url, saving())
  book.close(True)
End Sub
