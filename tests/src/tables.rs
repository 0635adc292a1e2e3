//! The tables under `deploy/data`, read line by line. Lines that begin with `#` say where a table comes from.

/// Industry categories with their group and the rollout dates of the notice.
pub const INDUSTRIES: &str = include_str!("../../deploy/data/industry_categories.csv");
/// Townships of Baoshan.
pub const TOWNSHIPS: &str = include_str!("../../deploy/data/gb2260_baoshan_towns.csv");
/// SYNTHETIC numbers of enterprises per county and category.
pub const ENTERPRISE_COUNTS: &str = include_str!("../../deploy/data/synthetic_enterprise_counts.csv");
/// SYNTHETIC behaviour of enterprises per county.
pub const COUNTY_BEHAVIOUR: &str = include_str!("../../deploy/data/synthetic_county_behaviour.csv");
/// SYNTHETIC share of declarations per day.
pub const DEADLINE_CURVE: &str = include_str!("../../deploy/data/synthetic_deadline_curve.csv");
/// SYNTHETIC hazards per industry group.
pub const HAZARD_PARAMETERS: &str = include_str!("../../deploy/data/synthetic_hazard_parameters.csv");
/// SYNTHETIC factor per month.
pub const MONTH_FACTORS: &str = include_str!("../../deploy/data/synthetic_month_factors.csv");

/// The rows below the header line, each a list of fields. A field in double quotes may hold commas.
pub fn rows(table: &'static str) -> impl Iterator<Item = Vec<String>> {
    table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).skip(1).map(fields)
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for letter in line.trim_end().chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_the_sizes_that_their_authors_state() {
        assert_eq!(rows(INDUSTRIES).count(), 37);
        assert_eq!(rows(DEADLINE_CURVE).count(), 10);
        let all: u32 = rows(ENTERPRISE_COUNTS).map(|row| row[2].parse::<u32>().unwrap()).sum();
        assert_eq!(all, 2_866);
        let quoted = rows(INDUSTRIES).find(|row| row[0] == "K02").unwrap();
        assert_eq!((quoted[2].as_str(), quoted[7].as_str()), ("non-coal mines, underground", "2015-08-01"));
    }
}
