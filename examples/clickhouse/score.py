"""Scores a ClickHouse table with the command xgboost-infer, as the table function `executable`. See README.md."""


class ScoringError(RuntimeError):
    """No attempt scored every row once."""


def score_table(query, source, target, script, features, key="id", key_type="Int64", scores=("score",), attempts=3):
    """
    Makes the table `target` of a key and its scores. It gets its name when each row of `source` is in it once.

    query   runs a query and returns its result as text, such as `lambda sql: client.command(sql)`
    script  name of a script in the server's user_scripts directory, with arguments: the filter, Arrow stream in and out
    """
    columns = ", ".join(["`%s` %s" % (key, key_type)] + ["`%s` Float32" % name for name in scores])
    selected = ", ".join(["`%s`" % key] + ["toFloat32(`%s`) AS `%s`" % (name, name) for name in features])
    aside, failures = target + "_new", []
    for _ in range(attempts):
        query("DROP TABLE IF EXISTS `%s` SYNC" % aside)
        query("CREATE TABLE `%s` (%s) ENGINE = MergeTree ORDER BY `%s`" % (aside, columns, key))
        try:
            query("INSERT INTO `%s` SELECT * FROM executable('%s', 'ArrowStream', '%s', (SELECT %s FROM `%s`), SETTINGS check_exit_code = 1)"
                  % (aside, script, columns, selected, source))
            check(query, source, aside, key)
        except Exception as error:  # each client has its own classes of errors
            failures.append(str(error).strip()[:500])
            continue
        query("DROP TABLE IF EXISTS `%s` SYNC" % target)
        query("RENAME TABLE `%s` TO `%s`" % (aside, target))
        return failures
    raise ScoringError("%s was not made in %d attempts: %s" % (target, attempts, "; ".join(failures)))


def check(query, source, scored, key):
    """Every row once: ClickHouse may end well with part of the output of a script that died."""
    wanted, found = (query("SELECT count(), uniqExact(`%s`), sum(cityHash64(`%s`)) FROM `%s` FORMAT TSV" % (key, key, table)) for table in (source, scored))
    if found.strip() != wanted.strip():
        raise ScoringError("rows, keys and their hash are %s, expected %s" % (found.split(), wanted.split()))
