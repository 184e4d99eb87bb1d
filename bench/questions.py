"""The nine questions and the traversals for the systems that stand beside Omnigraph, and how answers
are compared.

Ties after the measure make rows arbitrary, so only the measure column of every row is compared.
"""

import random


def no_parameters(_, __):
    return {}


def country(r, _):
    return {"country": f"n{r.randrange(3)}"}


def ages(r, _):
    low = r.randrange(18, 60)
    return {"low": low, "high": low + r.randrange(5, 20)}


def city_and_interest(r, _):
    return {"city": f"c{r.randrange(600)}", "interest": f"i{r.randrange(40)}"}


def interest(r, _):
    return {"interest": f"i{r.randrange(40)}"}


def ages_and_interest(r, persons):
    return {**ages(r, persons), **interest(r, persons)}


def one_person(r, persons):
    return {"key": f"p{r.randrange(persons)}"}


def two_persons(r, persons):
    return {"from": f"p{r.randrange(persons)}", "to": f"p{r.randrange(persons)}"}


def city(r, _):
    return {"city": f"c{r.randrange(600)}"}


def thresholds(r, _):
    return {"middle": r.randrange(25, 70), "last": r.randrange(25, 70)}


# name, SQL, Cypher, parameters, index of the measure column
QUESTIONS = [
    ("q1",
     "SELECT dst AS person, count(*) AS followers FROM follows GROUP BY dst "
     "ORDER BY followers DESC LIMIT 3",
     "MATCH (a:Person)-[:Follows]->(b:Person) RETURN b.key AS person, count(a.key) AS followers "
     "ORDER BY followers DESC LIMIT 3",
     no_parameters, 1),
    ("q2",
     "SELECT b.dst, c.name, b.followers FROM "
     "(SELECT dst, count(*) AS followers FROM follows GROUP BY dst ORDER BY followers DESC LIMIT 1) b "
     "JOIN lives_in l ON l.src = b.dst JOIN city c ON c.key = l.dst",
     "MATCH (a:Person)-[:Follows]->(b:Person) WITH b, count(a.key) AS followers "
     "ORDER BY followers DESC LIMIT 1 MATCH (b)-[:LivesIn]->(c:City) RETURN b.key, c.name, followers",
     no_parameters, 2),
    ("q3",
     "SELECT l.dst AS city, avg(p.age) AS age FROM person p JOIN lives_in l ON l.src = p.key "
     "JOIN city_in ci ON ci.src = l.dst JOIN state_in si ON si.src = ci.dst "
     "WHERE si.dst = $country GROUP BY l.dst ORDER BY age LIMIT 5",
     "MATCH (p:Person)-[:LivesIn]->(c:City)-[:CityIn]->(s:State)-[:StateIn]->(n:Country) "
     "WHERE n.key = $country RETURN c.key AS city, avg(p.age) AS age ORDER BY age LIMIT 5",
     country, 1),
    ("q4",
     "SELECT si.dst AS country, count(*) AS persons FROM person p "
     "JOIN lives_in l ON l.src = p.key JOIN city_in ci ON ci.src = l.dst "
     "JOIN state_in si ON si.src = ci.dst WHERE p.age >= $low AND p.age <= $high "
     "GROUP BY si.dst ORDER BY persons DESC",
     "MATCH (p:Person)-[:LivesIn]->(c:City)-[:CityIn]->(s:State)-[:StateIn]->(n:Country) "
     "WHERE p.age >= $low AND p.age <= $high RETURN n.key AS country, count(p.key) AS persons "
     "ORDER BY persons DESC",
     ages, 1),
    ("q5",
     "SELECT count(*) AS persons FROM person p JOIN lives_in l ON l.src = p.key "
     "JOIN has_interest h ON h.src = p.key "
     "WHERE p.gender = 'male' AND l.dst = $city AND h.dst = $interest",
     "MATCH (p:Person)-[:HasInterest]->(i:Interest), (p)-[:LivesIn]->(c:City) "
     "WHERE p.gender = 'male' AND c.key = $city AND i.key = $interest RETURN count(p.key) AS persons",
     city_and_interest, 0),
    ("q6",
     "SELECT l.dst AS city, count(*) AS persons FROM person p "
     "JOIN has_interest h ON h.src = p.key JOIN lives_in l ON l.src = p.key "
     "WHERE p.gender = 'female' AND h.dst = $interest GROUP BY l.dst "
     "ORDER BY persons DESC LIMIT 5",
     "MATCH (p:Person)-[:HasInterest]->(i:Interest), (p)-[:LivesIn]->(c:City) "
     "WHERE p.gender = 'female' AND i.key = $interest RETURN c.key AS city, count(p.key) AS persons "
     "ORDER BY persons DESC LIMIT 5",
     interest, 1),
    ("q7",
     "SELECT ci.dst AS state, count(*) AS persons FROM person p "
     "JOIN has_interest h ON h.src = p.key JOIN lives_in l ON l.src = p.key "
     "JOIN city_in ci ON ci.src = l.dst WHERE p.age >= $low AND p.age <= $high "
     "AND h.dst = $interest GROUP BY ci.dst ORDER BY persons DESC LIMIT 1",
     "MATCH (p:Person)-[:HasInterest]->(i:Interest), (p)-[:LivesIn]->(c:City)-[:CityIn]->(s:State) "
     "WHERE p.age >= $low AND p.age <= $high AND i.key = $interest "
     "RETURN s.key AS state, count(p.key) AS persons ORDER BY persons DESC LIMIT 1",
     ages_and_interest, 1),
    ("q8",
     "SELECT count(*) AS paths FROM follows f1 JOIN follows f2 ON f1.dst = f2.src",
     "MATCH (a:Person)-[r1:Follows]->(b:Person)-[r2:Follows]->(c:Person) RETURN count(*) AS paths",
     no_parameters, 0),
    ("q9",
     "SELECT count(*) AS paths FROM follows f1 JOIN person b ON b.key = f1.dst "
     "JOIN follows f2 ON f1.dst = f2.src JOIN person c ON c.key = f2.dst "
     "WHERE b.age < $middle AND c.age > $last",
     "MATCH (a:Person)-[r1:Follows]->(b:Person)-[r2:Follows]->(c:Person) "
     "WHERE b.age < $middle AND c.age > $last RETURN count(*) AS paths",
     thresholds, 0),
]


# The same for traversals. Without SQL, DuckDB is not asked, without Cypher Kuzu.
# Those in SMALL_ONLY are asked of the smallest graph alone.
TRAVERSALS = [
    ("two_hops",
     "SELECT count(DISTINCT dst) FROM (SELECT dst FROM follows WHERE src = $key UNION ALL "
     "SELECT f2.dst FROM follows f1 JOIN follows f2 ON f1.dst = f2.src WHERE f1.src = $key) "
     "WHERE dst <> $key",
     "MATCH (a:Person)-[:Follows*1..2]->(b:Person) WHERE a.key = $key AND b.key <> $key "
     "RETURN count(DISTINCT b.key)",
     one_person, 0),
    ("three_hops",
     "SELECT count(DISTINCT dst) FROM (SELECT dst FROM follows WHERE src = $key UNION ALL "
     "SELECT f2.dst FROM follows f1 JOIN follows f2 ON f1.dst = f2.src WHERE f1.src = $key UNION ALL "
     "SELECT f3.dst FROM follows f1 JOIN follows f2 ON f1.dst = f2.src "
     "JOIN follows f3 ON f2.dst = f3.src WHERE f1.src = $key) WHERE dst <> $key",
     "MATCH (a:Person)-[:Follows*1..3]->(b:Person) WHERE a.key = $key AND b.key <> $key "
     "RETURN count(DISTINCT b.key)",
     one_person, 0),
    ("many_two_hops",
     "SELECT count(*) FROM (SELECT f1.src, f1.dst FROM lives_in l JOIN follows f1 ON f1.src = l.src "
     "WHERE l.dst = $city UNION SELECT f1.src, f2.dst FROM lives_in l "
     "JOIN follows f1 ON f1.src = l.src JOIN follows f2 ON f1.dst = f2.src "
     "WHERE l.dst = $city AND f2.dst <> f1.src)",
     None,
     city, 0),
    ("reach",
     None,
     "MATCH (a:Person)-[:Follows* SHORTEST 1..4]->(b:Person) WHERE a.key = $from AND b.key = $to "
     "RETURN count(*)",
     two_persons, 0),
    ("triangles_of",
     "SELECT count(*) FROM follows f1 JOIN follows f2 ON f1.dst = f2.src "
     "JOIN follows f3 ON f2.dst = f3.src AND f3.dst = f1.src WHERE f1.src = $key",
     "MATCH (a:Person)-[r1:Follows]->(b:Person)-[r2:Follows]->(c:Person)-[r3:Follows]->(a) "
     "WHERE a.key = $key RETURN count(*)",
     one_person, 0),
    ("triangles",
     "SELECT count(*) FROM follows f1 JOIN follows f2 ON f1.dst = f2.src "
     "JOIN follows f3 ON f2.dst = f3.src AND f3.dst = f1.src",
     "MATCH (a:Person)-[r1:Follows]->(b:Person)-[r2:Follows]->(c:Person)-[r3:Follows]->(a) "
     "RETURN count(*)",
     no_parameters, 0),
]
SMALL_ONLY = {"triangles"}
# How much faster than the faster of the others, at least.
FACTORS = {"q1": 10, "q2": 10, "q3": 10, "q4": 5, "q5": 5, "q6": 5, "q7": 5, "q8": 10, "q9": 10,
           "two_hops": 5, "three_hops": 5, "many_two_hops": 5, "reach": 5, "triangles_of": 3,
           "triangles": 3}


def draw_parameters(seed, repetitions, persons, small):
    """One list of parameter objects a question, the same for every system."""
    r = random.Random(seed)
    return {name: [draw(r, persons) for _ in range(repetitions)]
            for name, _, _, draw, _ in QUESTIONS + TRAVERSALS if small or name not in SMALL_ONLY}


def measure(question, rows):
    """What of an answer is decided: the measure column, in order, rounded where it is an average."""
    column = next(q[4] for q in QUESTIONS + TRAVERSALS if q[0] == question)
    return [round(float(row[column]), 9) for row in rows]
