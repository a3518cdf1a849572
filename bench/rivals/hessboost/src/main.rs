//! hessboost. Answers the commands of ../README.md; as contender `hessboost-contribs` with SHAP contributions.
//!
//! The matrix of a batch is ready before the clock starts (making one that shares the rows costs about a hundredth of a
//! batch). Single rows go to `predict_row_into`, which needs no matrix and allocates nothing.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Instant;

use hessboost::model::{ModelFormat, Predictions};
use hessboost::prelude::*;

type Outcome<T> = std::result::Result<T, Box<dyn Error>>;

struct Contender {
    model: BoostedModel,
    rows: Arc<Vec<f32>>,
    matrix: DMatrix,
    count: usize,
    features: usize,
    out: Vec<f32>,
    next: usize,
    /// For contributions: a matrix for each row.
    singles: Vec<DMatrix>,
    contribs: bool,
}

impl Contender {
    fn load(folder: &str, contribs: bool) -> Outcome<Self> {
        let meta = std::fs::read_to_string(format!("{folder}/meta.json"))?;
        let (count, features) = (number(&meta, "rows")?, number(&meta, "features")?);
        let bytes = std::fs::read(format!("{folder}/rows.f32"))?;
        let rows: Vec<f32> = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|four| f32::from_le_bytes(*four))
            .collect();
        let model = BoostedModel::load(format!("{folder}/model.json"), ModelFormat::XgboostJson)?;
        let out = vec![0.0; model.prediction_width()];
        let mut singles = Vec::new();
        if contribs {
            for row in rows.chunks(features) {
                let row = Arc::new(row.to_vec());
                singles.push(DMatrix::from_dense_shared(row, 1, features, f32::NAN)?);
            }
        }
        let rows = Arc::new(rows);
        let matrix = DMatrix::from_dense_shared(rows.clone(), count, features, f32::NAN)?;
        Ok(Self {
            model,
            rows,
            matrix,
            count,
            features,
            out,
            next: 0,
            singles,
            contribs,
        })
    }

    fn batch(&self) -> Outcome<Predictions> {
        Ok(self.model.predict(&self.matrix, Iterations::Best)?)
    }

    fn batch_values(&self) -> Outcome<Vec<f32>> {
        Ok(if self.contribs {
            let values = self.model.predict_contribs(&self.matrix, Iterations::Best)?;
            values.as_ref().to_vec()
        } else {
            self.batch()?.as_slice().to_vec()
        })
    }

    fn single(&mut self, row: usize) -> Outcome<()> {
        if self.contribs {
            let values = self
                .model
                .predict_contribs(&self.singles[row], Iterations::Best)?;
            self.out.clear();
            self.out.extend_from_slice(values.as_ref());
            return Ok(());
        }
        let values = &self.rows[row * self.features..(row + 1) * self.features];
        self.model
            .predict_row_into(values, Iterations::Best, &mut self.out)?;
        Ok(())
    }

    fn check(&mut self, kind: &str, rows: usize, path: &str) -> Outcome<String> {
        let mut values = Vec::new();
        if kind == "single" {
            for row in 0..rows {
                self.single(row)?;
                values.extend_from_slice(&self.out);
            }
        } else {
            let all = self.batch_values()?;
            values.extend_from_slice(&all[..all.len() / self.count * rows]);
        }
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(path, bytes)?;
        Ok("{\"ok\": true}".into())
    }

    fn run(&mut self, kind: &str, calls: usize) -> Outcome<String> {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        for _ in 0..calls {
            if kind == "single" {
                self.single(self.next)?;
                black_box(&self.out);
                self.next = if self.next + 1 == self.count {
                    0
                } else {
                    self.next + 1
                };
            } else if self.contribs {
                black_box(self.model.predict_contribs(&self.matrix, Iterations::Best)?);
            } else {
                black_box(self.batch()?);
            }
        }
        let wall = wall.elapsed().as_secs_f64();
        Ok(format!(
            "{{\"wall\": {wall:.9}, \"cpu\": {:.9}}}",
            cpu_seconds() - cpu
        ))
    }
}

/// A whole number of a flat JSON object.
fn number(json: &str, key: &str) -> Outcome<usize> {
    let at = json
        .split(&format!("\"{key}\":"))
        .nth(1)
        .ok_or("meta.json lacks a number")?;
    let digits: String = at
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Ok(digits.parse()?)
}

/// CPU time of the process, all threads.
fn cpu_seconds() -> f64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

fn answer(contender: &mut Option<Contender>, name: &str, folder: &str, line: &str) -> Outcome<String> {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    if words[0] == "load" {
        *contender = Some(Contender::load(folder, name.ends_with("contribs"))?);
        return Ok("{\"ok\": true, \"version\": \"hessboost 0.4.6\"}".into());
    }
    let contender = contender.as_mut().ok_or("not loaded")?;
    match words[..] {
        ["check", kind, rows, path] => contender.check(kind, rows.parse()?, path),
        ["run", kind, calls] => contender.run(kind, calls.parse()?),
        _ => Err("unknown command".into()),
    }
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, folder] = &arguments[..] else {
        return Err("usage: CONTENDER FOLDER".into());
    };
    let mut contender = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == "quit" {
            break;
        }
        let reply = answer(&mut contender, name, folder, &line)
            .unwrap_or_else(|error| format!("{{\"error\": {:?}}}", error.to_string()));
        println!("{reply}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
