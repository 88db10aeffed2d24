//! Reads PostgreSQL's node text: `{VAR :varno 1 :varattno 2}`, `(...)` and bare words.
//!
//! The reader knows no node's meaning and keeps those it has never heard of. It never panics: text that is no node text
//! is none (PostgreSQL `src/backend/nodes/outfuncs.c`, `read.c`).

/// A node, a list or a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'t> {
    Node(Node<'t>),
    List(Vec<Value<'t>>),
    /// A number, a name, `true`, `<>` for nothing, or a string; quotes and backslashes are left as they are.
    Word(&'t str),
}

/// A node with its fields in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node<'t> {
    /// `VAR`, `FUNCEXPR`, ...: the name that PostgreSQL 15 gives it.
    pub name: &'t str,
    fields: Vec<(&'t str, Value<'t>)>,
}

impl<'t> Node<'t> {
    /// A node without fields.
    pub fn bare(name: &'t str) -> Self {
        Self { name, fields: Vec::new() }
    }

    /// The field's value, unless it is missing or `<>`.
    pub fn get(&self, field: &str) -> Option<&Value<'t>> {
        // It is asked often, and a build script is not optimised: no iterator, and lengths first.
        let fields = self.fields.as_slice();
        let mut index = 0;
        while index < fields.len() {
            let (name, value) = &fields[index];
            if name.len() == field.len() && *name == field {
                return (!matches!(value, Value::Word("<>"))).then_some(value);
            }
            index += 1;
        }
        None
    }

    pub fn node(&self, field: &str) -> Option<&Node<'t>> {
        self.get(field)?.as_node()
    }

    /// A list's items; a missing list is empty.
    pub fn list(&self, field: &str) -> &[Value<'t>] {
        match self.get(field) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    /// The nodes of a list.
    pub fn nodes(&self, field: &str) -> impl Iterator<Item = &Node<'t>> {
        self.list(field).iter().filter_map(Value::as_node)
    }

    pub fn word(&self, field: &str) -> Option<&'t str> {
        match self.get(field)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A string without the quotes and backslashes that the server puts around and before some characters.
    pub fn text(&self, field: &str) -> Option<String> {
        self.word(field).map(unquoted)
    }

    pub fn number(&self, field: &str) -> Option<i64> {
        self.word(field)?.parse().ok()
    }

    /// The fields in the order in which the server writes them.
    pub fn fields(&self) -> impl Iterator<Item = (&'t str, &Value<'t>)> {
        self.fields.iter().map(|(name, value)| (*name, value))
    }

    /// A list's numbers.
    pub fn numbers(&self, field: &str) -> impl Iterator<Item = i64> {
        self.list(field).iter().filter_map(Value::as_number)
    }

    /// An object identifier; 0 is none.
    pub fn oid(&self, field: &str) -> Option<u32> {
        self.word(field)?.parse().ok().filter(|oid| *oid != 0)
    }

    pub fn is_true(&self, field: &str) -> bool {
        self.word(field) == Some("true")
    }

    /// Calls `visit` for this node and every node inside it.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node<'t>)) {
        visit(self);
        self.fields.iter().for_each(|(_, value)| value.walk(visit));
    }

    /// Calls `visit` for every node inside this one that belongs to the same query.
    pub fn walk_query<'n>(&'n self, visit: &mut impl FnMut(&'n Node<'t>)) {
        self.fields.iter().for_each(|(_, value)| value.walk_query(visit));
    }
}

impl<'t> Value<'t> {
    pub fn as_node(&self) -> Option<&Node<'t>> {
        match self {
            Self::Node(node) => Some(node),
            _ => None,
        }
    }

    pub fn as_number(&self) -> Option<i64> {
        match self {
            Self::Word(word) => word.parse().ok(),
            _ => None,
        }
    }

    /// Calls `visit` for every node in it.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node<'t>)) {
        match self {
            Self::Node(node) => node.walk(visit),
            Self::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Self::Word(_) => {}
        }
    }

    fn walk_query<'n>(&'n self, visit: &mut impl FnMut(&'n Node<'t>)) {
        match self {
            Self::Node(node) if node.name == "QUERY" => {}
            Self::Node(node) => {
                visit(node);
                node.walk_query(visit);
            }
            Self::List(items) => items.iter().for_each(|item| item.walk_query(visit)),
            Self::Word(_) => {}
        }
    }
}

/// Strings in lists are quoted, with backslashes before what would end them.
pub(crate) fn unquoted(word: &str) -> String {
    let inner = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word);
    inner.replace('\\', "")
}

/// Undoes the breaking of lines, which the server does at 78 bytes even where it was asked not to print prettily.
///
/// A line break stands for the space that it replaced, unless the line has no space after its first byte: then a long
/// word was cut (PostgreSQL `format_node_dump`).
pub(crate) fn unwrapped(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        joined.push_str(line);
        let cut_word = line.len() == 78 && !line.as_bytes()[1..].contains(&b' ');
        if lines.peek().is_some() && !cut_word {
            joined.push(' ');
        }
    }
    joined
}

/// Reads one value from unwrapped text.
pub(crate) fn parse(text: &str) -> Option<Value<'_>> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let first = reader.next_token()?;
    reader.value(first)
}

/// A piece of node text.
#[derive(Clone, Copy)]
enum Token<'t> {
    /// `{`
    NodeStart,
    /// `}`
    NodeEnd,
    /// `(`
    ListStart,
    /// `)`
    ListEnd,
    Word(&'t str),
}

impl Token<'_> {
    /// Whether it is the name of a field, with its colon.
    fn is_field(self) -> bool {
        matches!(self, Self::Word(word) if word.as_bytes()[0] == b':')
    }
}

/// Deeper nesting than any statement that a server accepts by default (`max_stack_depth`), and shallow enough for a
/// thread's stack here.
const DEEPEST: u32 = 1_000;

/// Build scripts are not optimised, and trees are long: it goes by bytes, looks each up in a table, and compares words only
/// where it has to.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
}

/// Bytes that end a word.
const ENDS_WORD: [bool; 256] = {
    let mut ends = [false; 256];
    let separators = b" \n\t(){}";
    let mut index = 0;
    while index < separators.len() {
        ends[separators[index] as usize] = true;
        index += 1;
    }
    ends
};

impl<'t> Reader<'t> {
    fn value(&mut self, token: Token<'t>) -> Option<Value<'t>> {
        let reads = match token {
            Token::Word(word) => return Some(Value::Word(word)),
            Token::NodeEnd | Token::ListEnd => return None,
            Token::NodeStart => Self::node,
            Token::ListStart => Self::list,
        };
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let value = reads(self);
        self.depth -= 1;
        value
    }

    fn node(&mut self) -> Option<Value<'t>> {
        let Token::Word(name) = self.next_token()? else { return None };
        let mut fields = Vec::with_capacity(12);
        let mut token = self.next_token()?;
        // `{A_CONST NULL ...}`, `{A_EXPR ANY ...}`: what the user wrote, in utility statements since 16.
        if matches!(token, Token::Word(_)) && !token.is_field() {
            token = self.next_token()?;
        }
        while let Token::Word(word) = token {
            if word.as_bytes()[0] != b':' {
                return None;
            }
            let field = &word[1..];
            token = self.next_token()?;
            if matches!(token, Token::NodeEnd) {
                break;
            }
            // The first token is a value even if it looks like a field: strings are written bare.
            let first = self.value(token)?;
            token = self.next_token()?;
            if matches!(token, Token::NodeEnd) || token.is_field() {
                fields.push((field, first));
                continue;
            }
            let mut items = vec![first];
            while !matches!(token, Token::NodeEnd) && !token.is_field() {
                items.push(self.value(token)?);
                token = self.next_token()?;
            }
            fields.push((field, Value::List(items)));
        }
        matches!(token, Token::NodeEnd).then(|| Value::Node(Node { name: canonical(name), fields }))
    }

    fn list(&mut self) -> Option<Value<'t>> {
        let mut items = Vec::new();
        loop {
            match self.next_token()? {
                Token::ListEnd => return Some(Value::List(items)),
                // What the list is of: integers, OIDs, a bitmap.
                Token::Word("i" | "o" | "b" | "x") if items.is_empty() => {}
                token => items.push(self.value(token)?),
            }
        }
    }

    fn next_token(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        let length = bytes.len();
        let mut start = self.at;
        while start < length && matches!(bytes[start], b' ' | b'\n' | b'\t') {
            start += 1;
        }
        if start == length {
            return None;
        }
        self.at = start + 1;
        match bytes[start] {
            b'{' => return Some(Token::NodeStart),
            b'}' => return Some(Token::NodeEnd),
            b'(' => return Some(Token::ListStart),
            b')' => return Some(Token::ListEnd),
            _ => {}
        }
        let mut end = start;
        while end < length && !ENDS_WORD[bytes[end] as usize] {
            // A backslash takes the next byte's meaning away.
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.at = if end < length { end } else { length };
        self.text.get(start..self.at).map(Token::Word)
    }
}

/// PostgreSQL 14's names for what has other names since 15.
fn canonical(name: &str) -> &str {
    // As many comparisons for every node would take long in a build script.
    if !matches!(name.as_bytes()[0], b'R' | b'C' | b'W' | b'A' | b'M') {
        return name;
    }
    match name {
        "RTE" => "RANGETBLENTRY",
        "COALESCE" => "COALESCEEXPR",
        "CASE" => "CASEEXPR",
        "WHEN" => "CASEWHEN",
        "ARRAY" => "ARRAYEXPR",
        "ROW" => "ROWEXPR",
        "MINMAX" => "MINMAXEXPR",
        "COLLATE" => "COLLATEEXPR",
        "ROWCOMPARE" => "ROWCOMPAREEXPR",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_lists_and_words_are_read() {
        let text =
            "{QUERY :commandType 1 :rtable ({RTE :relid 7 :alias <>}) :cols (i 1 2) :name :odd :v 4 [ 1 0 ]}";
        let value = parse(text).unwrap();
        let query = value.as_node().unwrap();
        assert_eq!(query.number("commandType"), Some(1));
        assert_eq!(query.nodes("rtable").next().unwrap().oid("relid"), Some(7));
        assert_eq!(query.nodes("rtable").next().unwrap().name, "RANGETBLENTRY");
        assert_eq!(query.list("cols").len(), 2);
        assert_eq!(query.word("name"), Some(":odd"));
        assert_eq!(query.list("v").len(), 5);
        assert_eq!(query.nodes("rtable").next().unwrap().get("alias"), None);
    }

    #[test]
    fn a_word_may_stand_before_the_fields() {
        let value = parse("{CALLSTMT :args ({A_CONST NULL :location 19} {A_CONST :val 1})}").unwrap();
        assert_eq!(value.as_node().unwrap().nodes("args").count(), 2);
        assert_eq!(value.as_node().unwrap().nodes("args").next().unwrap().number("location"), Some(19));
    }

    #[test]
    fn lines_are_joined_as_they_were_cut() {
        let word = "x".repeat(78);
        assert_eq!(unwrapped(&format!("{word}\nyz w\nv")), format!("{word}yz w v"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let pieces = ["{", "}", "(", ")", ":a", "VAR", "<>", "\\", " ", "ü", "\"", "1"];
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            }
            let _ = parse(&unwrapped(&text));
        }
        let _ = parse(&"(".repeat(100_000));
        let _ = parse(&"{A :b ".repeat(100_000));
    }

    #[test]
    fn lines_are_joined_by_bytes() {
        let word = format!("ü{}", "a".repeat(76));
        assert_eq!(unwrapped(&format!("{word}\nb")), format!("{word}b"));
        assert_eq!(unwrapped("ü b\nc"), "ü b c");
    }
}
