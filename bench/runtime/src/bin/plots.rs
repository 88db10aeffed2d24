//! Draws the results as SVG: `... --bin plots -- FILE.json FOLDER`, with the file that `--json` has written. One picture a
//! mode: a group of bars an operation, a bar a peer, as long as its multiple of the first peer's operations a second.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

struct Figure {
    peer: String,
    mode: String,
    operation: String,
    per_second: f64,
}

/// One a peer, in their order; they can also be told apart by how dark they are.
const COLORS: [&str; 7] = ["#444444", "#d1495b", "#30638e", "#7fb0d6", "#3c8d5a", "#8a6fb0", "#c3b1e1"];

const BAR: usize = 14;
/// Where the bars begin, and the width of a bar of 1.
const LEFT: usize = 300;
const ONE: f64 = 240.0;
/// Longer bars are cut.
const MOST: f64 = 2.0;

fn main() {
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(folder)) = (arguments.next(), arguments.next()) else {
        panic!("the file of results and the folder for the plots are needed");
    };
    let figures = read(&fs::read_to_string(file).unwrap());
    fs::create_dir_all(&folder).unwrap();
    for mode in distinct(figures.iter().map(|figure| &*figure.mode)) {
        let name: String =
            mode.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        let name = format!("speed-{}.svg", name.replace("--", "-"));
        fs::write(Path::new(&folder).join(name), plot(&figures, mode)).unwrap();
    }
}

fn read(json: &str) -> Vec<Figure> {
    let values: Vec<Value> = serde_json::from_str(json).unwrap();
    let text = |value: &Value, field| value[field].as_str().unwrap().to_owned();
    let figure = |value: &Value| Figure {
        peer: text(value, "peer"),
        mode: text(value, "mode"),
        operation: text(value, "operation"),
        per_second: value["operations_per_second"].as_f64().unwrap(),
    };
    values.iter().map(figure).collect()
}

fn distinct<'v>(values: impl Iterator<Item = &'v str>) -> Vec<&'v str> {
    values.fold(Vec::new(), |mut known, value| {
        if !known.contains(&value) {
            known.push(value);
        }
        known
    })
}

fn plot(figures: &[Figure], mode: &str) -> String {
    let of_mode: Vec<&Figure> = figures.iter().filter(|figure| figure.mode == mode).collect();
    let first = &of_mode[0].peer;
    let peers = distinct(figures.iter().map(|figure| &*figure.peer));
    let (mut bars, mut y) = (String::new(), 40);
    for operation in distinct(of_mode.iter().map(|figure| &*figure.operation)) {
        text(&mut bars, 10, y, "bold", operation);
        let group: Vec<_> = of_mode.iter().filter(|figure| figure.operation == operation).collect();
        let one = group.iter().find(|figure| figure.peer == *first).unwrap().per_second;
        for figure in group {
            y += BAR;
            let color = COLORS[peers.iter().position(|peer| *peer == figure.peer).unwrap() % COLORS.len()];
            bar(&mut bars, y, figure, figure.per_second / one, color);
        }
        y += BAR * 2;
    }
    let title = format!("{mode}: operations a second, as a multiple of {first}");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    text(&mut svg, 10, 18, "bold", &title);
    let line = LEFT as f64 + ONE;
    writeln!(svg, "<line x1=\"{line}\" x2=\"{line}\" y1=\"28\" y2=\"{y}\" stroke=\"#bbbbbb\"/>").unwrap();
    svg + &bars + "</svg>\n"
}

fn text(svg: &mut String, x: usize, y: usize, weight: &str, text: &str) {
    writeln!(svg, "<text x=\"{x}\" y=\"{y}\" font-weight=\"{weight}\">{text}</text>").unwrap();
}

fn bar(svg: &mut String, y: usize, figure: &Figure, ratio: f64, color: &str) {
    let width = ratio.min(MOST) * ONE;
    text(svg, 30, y, "normal", &figure.peer);
    let top = y + 2 - BAR + 2;
    let height = BAR - 3;
    writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{width:.0}\" height=\"{height}\" fill=\"{color}\"/>"
    )
    .unwrap();
    let label = format!("{ratio:.2} ({:.0}/s)", figure.per_second);
    text(svg, LEFT + width as usize + 6, y, "normal", &label);
}
