//! Import of sheets: which kinds there are, how much of a sheet may be refused, and why a workbook cannot be read at all.
//!
//! Every row becomes the ordinary command that a person would give; nothing here knows a rule of the nouns.

use crate::refusals;

/// What a sheet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 监管对象目录
    Catalogue,
    /// 一般隐患台账
    Hazards,
    /// 自检自查记录
    SelfInspections,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Catalogue, Self::Hazards, Self::SelfInspections];
}

/// What becomes of a sheet that holds a bad row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// 试导入: everything is checked, nothing changes.
    DryRun,
    /// 全部或不导入
    AllOrNothing,
    /// 只导入正确的行
    GoodRows,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::DryRun, Self::AllOrNothing, Self::GoodRows];
}

/// Data rows in one sheet. A county's catalogue has thousands.
pub const ROWS_MAX: u32 = 20_000;
/// Columns looked at.
pub const COLUMNS_MAX: u32 = 200;
/// Longest text of a cell, characters; no field takes more.
pub const CELL_CHARACTERS_MAX: u32 = 4_000;
/// What a workbook may unpack to, bytes.
pub const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Files inside a workbook.
pub const ENTRIES_MAX: u64 = 500;

refusals! {
    /// Not a workbook that is read here.
    NotAWorkbook { found: String } InvalidArgument "WORKBOOK_KIND"
        "this is {found}; save it as an .xlsx workbook without a password, or as .csv", "文件是{found};请另存为不带密码的.xlsx工作簿或.csv";
    /// Holds macros.
    Macros { } InvalidArgument "WORKBOOK_MACROS"
        "the workbook holds macros, which are never taken; save it as .xlsx without them", "工作簿含有宏,不予接受;请另存为不含宏的.xlsx";
    /// Unpacks to too much.
    TooLarge { what: String } InvalidArgument "WORKBOOK_TOO_LARGE"
        "the workbook is too large: {what}; keep only the one sheet with the rows", "工作簿过大:{what};请只保留要导入的一张表";
    /// Too many rows.
    TooManyRows { most: u32 } InvalidArgument "WORKBOOK_TOO_MANY_ROWS"
        "the sheet has more than {most} rows; split it", "表中超过{most}行,请拆分后导入";
    /// Cannot be read.
    Damaged { why: String } InvalidArgument "WORKBOOK_DAMAGED"
        "the workbook cannot be read: {why}; open it in a spreadsheet program and save it anew", "工作簿无法读取:{why};请用表格软件打开并重新保存";
    /// Reading took more than any honest workbook needs.
    TooCostly { what: String } InvalidArgument "WORKBOOK_TOO_COSTLY"
        "reading the workbook took more {what} than any honest one needs; copy the rows into the template", "读取工作簿所需{what}超出正常范围;请把数据复制到模板中";
    /// The headings are not those of the template.
    Headings { what: String } InvalidArgument "WORKBOOK_HEADINGS"
        "the headings are not those of the template: {what}", "表头与模板不符:{what}";
    /// Text in another encoding.
    Encoding { } InvalidArgument "WORKBOOK_ENCODING"
        "the text is neither UTF-8 nor GB18030; save it as CSV UTF-8 or as .xlsx", "文本既不是UTF-8也不是GB18030编码;请另存为CSV UTF-8或.xlsx";
    /// A cell holds more than any field takes.
    CellTooLong { cell: String, most: u32 } InvalidArgument "WORKBOOK_CELL_TOO_LONG"
        "cell {cell} holds more than {most} characters", "单元格{cell}超过{most}个字符";
    /// Nothing to import.
    Empty { } InvalidArgument "WORKBOOK_EMPTY"
        "there is no row below the headings", "表头下没有数据行";
    /// All or nothing, and some rows are bad.
    Rows { refused: u32, of: u32 } FailedPrecondition "IMPORT_ROWS_REFUSED"
        "{refused} of {of} rows were refused, so none was taken; mend them in the returned sheet, or import good rows only", "{of}行中有{refused}行被拒绝,全部未导入;请在返回的表中改正,或选择只导入正确的行";
    /// Too many at a time.
    Busy { most: u32 } FailedPrecondition "IMPORT_UNDER_WAY"
        "{most} imports or exports of your account are under way; wait for them or cancel one", "您的账号已有{most}个导入或导出任务在进行,请等待或取消";
    /// It ended already.
    Ended { } FailedPrecondition "IMPORT_ENDED"
        "it has ended already", "该任务已结束";
    /// The program ended while it ran, and nobody may go on.
    Interrupted { why: String } FailedPrecondition "IMPORT_INTERRUPTED"
        "it was interrupted and cannot go on: {why}", "任务中断且无法继续:{why}";
    /// What cannot be exported.
    NotAList { method: String } InvalidArgument "EXPORT_METHOD"
        "`{method}` is no list that this node serves", "{method}不是本节点提供的列表";
    /// Too much for one file.
    TooMuch { most: u32 } FailedPrecondition "EXPORT_TOO_LARGE"
        "the list has more than {most} rows; narrow the filter", "列表超过{most}行,请缩小筛选范围";
}
