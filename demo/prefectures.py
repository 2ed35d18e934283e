"""The second demo: 333 SYNTHETIC prefectures, and the reference files that make them units.

Belongs here: how many a province has, their made-up names and codes, how their levels scatter
about the province's, and counties, for who measures what more units cost. Does not belong here:
what the generator does with levels (`process`). No unit of these names or codes exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from demo.draws import Draws
from demo.provinces import PAPERS, PROVINCES, Geography, ProvinceLevel

# By the first two digits of a province's code; municipalities have none. Their sum is 333.
PREFECTURES = {
    **{"13": 11, "14": 11, "15": 12, "21": 14, "22": 9, "23": 13, "32": 13, "33": 11, "34": 16},
    **{"35": 9, "36": 11, "37": 16, "41": 17, "42": 13, "43": 14, "44": 21, "45": 14, "46": 4},
    **{"51": 21, "52": 9, "53": 16, "54": 7, "61": 10, "62": 14, "63": 8, "64": 5, "65": 14},
}
# Signs that count in Chinese, as many as the largest province needs.
COUNTED = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
# Two digits that no prefecture of GB/T 2260 has begin here.
FIRST_NUMBER = 50
SEED = 333
UNITS = """\
singular: {}
plural: {}
singular_zh: {}
plural_zh: {}
national_code: "000000"
level: {}
synthetic: true
"""
OF_PREFECTURES = UNITS.format("prefecture", "prefectures", "地级市", "各地级市", "city")
OF_COUNTIES = UNITS.format("county", "counties", "县", "各县", "other")
LIMITS = """\
synthetic,rule,subject,low,high,reason
false,item_jump,invention_patents_granted_count,,12000,patents rise from two as in the first demo
false,indicator_value,log_manufacturing_employment,6,17.3,some hundred persons in a small county
false,panel_value,pdgp,7,13,levels scatter about a province's
false,panel_value,gov,0,29.5,a tenth of a province's budget; none where the generator prints a zero
false,panel_value,inv,0,30.5,a tenth of a province's; none where the generator prints a zero
false,panel_value,hcl,0,14,none where the generator prints zeros
false,panel_value,inf,16,30,a tenth of a province's amount
"""


def prefectures() -> Geography:
    """The levels of the prefectures: about their province's, each with a part of its workers."""
    draws = Draws(SEED, PAPERS)
    made: list[ProvinceLevel] = []
    for province in PROVINCES:
        count = PREFECTURES.get(province.code[:2], 0)
        codes = [f"{province.code[:2]}{FIRST_NUMBER + i}00" for i in range(count)]
        made += _parts(province, codes, draws)
    return Geography(tuple(made))


def counties(n: int) -> Geography:
    """n counties, as evenly as can be among the prefectures: about their levels in turn."""
    draws = Draws(SEED, PAPERS)
    wholes = prefectures()
    made: list[ProvinceLevel] = []
    for i, prefecture in enumerate(wholes.levels):
        count = (i + 1) * n // wholes.n - i * n // wholes.n
        codes = [f"{prefecture.code[:4]}{place + 1:02}" for place in range(count)]
        made += _parts(prefecture, codes, draws, closeness=4, digits=3)
    return Geography(tuple(made))


def _parts(
    whole: ProvinceLevel, codes: list[str], draws: Draws, closeness: float = 1, digits: int = 2
) -> Iterator[ProvinceLevel]:
    """What `whole` is divided into: `closeness` times nearer to it than prefectures to a province.

    digits: decimals of their degrees, few enough to read and enough that no two are in one place.
    """
    part = np.exp(0.5 / closeness * draws.normal(len(codes)))
    part /= part.sum()
    shift = draws.normal(len(codes), 9) / closeness
    for code, of_all, s in zip(codes, part, shift, strict=True):
        latitude = np.clip(round(whole.latitude + 1.2 * s[7], digits), 18.5, 53)
        longitude = np.clip(round(whole.longitude + 1.6 * s[8], digits), 75, 134)
        yield ProvinceLevel(
            code=code,
            employed=round(whole.employed * float(of_all), 1),
            lq_m=whole.lq_m * float(np.exp(0.3 * s[0])),
            lq_ps=whole.lq_ps * float(np.exp(0.3 * s[1])),
            ami=whole.ami + 1.5 * s[2],
            wealth=whole.wealth + 0.2 * s[3],
            tertiary=whole.tertiary + 2 * s[4],
            schooling=whole.schooling + 0.2 * s[5],
            innovation=whole.innovation * float(np.exp(0.3 * s[6])),
            robots=whole.robots + 0.3 * s[6],
            open=whole.open + 0.2 * s[3],
            latitude=float(latitude),
            longitude=float(longitude),
        )


def provinces_frame(places: Geography, reference: Path) -> pd.DataFrame:
    """Their names in the columns of the seed `provinces`; `reference` has those of provinces."""
    of_province = pd.read_csv(reference / "provinces.csv", dtype=str)
    of_province = of_province.set_index(of_province["province_code"].str[:2])
    rows = []
    for code in places.codes:
        province, place = of_province.loc[code[:2]], int(code[2:4]) - FIRST_NUMBER
        counted = [place, int(code[4:]) - 1] if _is_county(code) else [place]
        short = province["province_zh"] + "".join(COUNTED[i] for i in counted)
        letters = "".join(chr(ord("A") + i) for i in counted)
        rows.append(
            {
                "province_code": code,
                "province": f"{province['province']} {letters}",
                "province_zh": short,
                "province_zh_full": f"{short}{'县' if _is_county(code) else '市'}",
                "region": province["region"],
                # In every province that has national clusters, its first two prefectures do.
                "has_national_cluster": "true"
                if province["has_national_cluster"] == "true" and place < 2
                else "false",
            }
        )
    return pd.DataFrame(rows)


def _is_county(code: str) -> bool:
    return not code.endswith("00")


def write_reference(folder: Path, places: Geography, provinces: pd.DataFrame) -> list[Path]:
    """Write what makes them the units of a dataset: units.yml, names, centres, limits."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [
        (name, language, row["province_code"], "province", "")
        for row in provinces.to_dict("records")
        for name, language in (
            (row["province_code"], "code"),
            (row["province"], "en"),
            (row["province_zh"], "zh"),
            (row["province_zh_full"], "zh"),
        )
    ]
    names += [
        (name, language, "000000", "national", "")
        for name, language in (("000000", "code"), ("National", "en"), ("全国", "zh"))
    ]
    # The rows that a trade yearbook prints beside its units.
    names += [
        (name, "zh", code, "outside_sample", "")
        for name, code in (("香港", "810000"), ("澳门", "820000"), ("台湾省", "710000"))
    ]
    capitals = pd.DataFrame(
        {
            "province_code": provinces["province_code"],
            "capital": provinces["province"] + " centre",
            "capital_zh": provinces["province_zh_full"] + "中心",
            "latitude": places.level("latitude"),
            "longitude": places.level("longitude"),
        }
    )
    columns = ["name", "language", "province_code", "kind", "note"]
    frames = {
        "provinces": provinces,
        "province_names": pd.DataFrame(names, columns=columns),
        "province_capitals": capitals,
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    units = OF_COUNTIES if any(map(_is_county, places.codes)) else OF_PREFECTURES
    texts = {"limits.csv": LIMITS, "units.yml": units}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*(folder / f"{name}.csv" for name in frames), *(folder / name for name in texts)]
