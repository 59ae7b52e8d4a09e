-- The window system's tables: a row per case, per document and per closed day.

CREATE TABLE IF NOT EXISTS cases (
  case_id TEXT PRIMARY KEY, hall_code TEXT NOT NULL, department_code TEXT NOT NULL, window_kind TEXT NOT NULL,
  item_name TEXT NOT NULL, applicant_name TEXT NOT NULL, applicant_id_card TEXT NOT NULL,
  applicant_phone TEXT NOT NULL, accepted_at TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS documents (
  document_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, hall_code TEXT NOT NULL, department_code TEXT NOT NULL,
  recipient_name TEXT NOT NULL, recipient_phone TEXT NOT NULL, issued_at TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS day_close (
  hall_code TEXT NOT NULL, stat_date TEXT NOT NULL, closed_at TEXT NOT NULL,
  comprehensive_window_accepted INTEGER NOT NULL, department_window_accepted INTEGER NOT NULL,
  documents_issued INTEGER NOT NULL, PRIMARY KEY (hall_code, stat_date));

CREATE INDEX IF NOT EXISTS cases_accepted_at ON cases (accepted_at);

CREATE INDEX IF NOT EXISTS documents_issued_at ON documents (issued_at);
