"""The second demo: 333 SYNTHETIC prefectures, and the reference files that make them units.

Belongs here: how many a province has, their made-up names and codes, and how their levels scatter
about the province's. Does not belong here: what the generator does with levels (`process`). No
prefecture of these names or codes exists.
"""

from __future__ import annotations

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
singular: prefecture
plural: prefectures
singular_zh: 地级市
plural_zh: 各地级市
national_code: "000000"
level: city
synthetic: true
"""
LIMITS = """\
synthetic,rule,subject,low,high,reason
false,item_jump,invention_patents_granted_count,,12000,patents rise from two as in the first demo
false,panel_value,pdgp,7,13,levels scatter about a province's
false,panel_value,gov,0,29.5,a tenth of a province's budget; none where the generator prints a zero
false,panel_value,inv,0,30.5,a tenth of a province's; none where the generator prints a zero
false,panel_value,hcl,0,14,none where the generator prints zeros
false,panel_value,inf,16,30,a tenth of a province's amount
"""


def prefectures() -> Geography:
    """The levels of the prefectures: about their province's, each with a part of its workers."""
    draws = Draws(SEED, PAPERS)
    made = []
    for province in PROVINCES:
        count = PREFECTURES.get(province.code[:2], 0)
        part = np.exp(0.5 * draws.normal(count))
        part /= part.sum()
        shift = draws.normal(count, 9)
        for i in range(count):
            s = shift[i]
            made.append(
                ProvinceLevel(
                    code=f"{province.code[:2]}{FIRST_NUMBER + i}00",
                    employed=round(province.employed * float(part[i]), 1),
                    lq_m=province.lq_m * float(np.exp(0.3 * s[0])),
                    lq_ps=province.lq_ps * float(np.exp(0.3 * s[1])),
                    ami=province.ami + 1.5 * s[2],
                    wealth=province.wealth + 0.2 * s[3],
                    tertiary=province.tertiary + 2 * s[4],
                    schooling=province.schooling + 0.2 * s[5],
                    innovation=province.innovation * float(np.exp(0.3 * s[6])),
                    robots=province.robots + 0.3 * s[6],
                    open=province.open + 0.2 * s[3],
                    latitude=float(np.clip(round(province.latitude + 1.2 * s[7], 2), 18.5, 53)),
                    longitude=float(np.clip(round(province.longitude + 1.6 * s[8], 2), 75, 134)),
                )
            )
    return Geography(tuple(made))


def provinces_frame(places: Geography, reference: Path) -> pd.DataFrame:
    """Their names in the columns of the seed `provinces`; `reference` has those of provinces."""
    of_province = pd.read_csv(reference / "provinces.csv", dtype=str)
    of_province = of_province.set_index(of_province["province_code"].str[:2])
    rows = []
    for code in places.codes:
        province, place = of_province.loc[code[:2]], int(code[2:4]) - FIRST_NUMBER
        short = f"{province['province_zh']}{COUNTED[place]}"
        rows.append(
            {
                "province_code": code,
                "province": f"{province['province']} {chr(ord('A') + place)}",
                "province_zh": short,
                "province_zh_full": f"{short}市",
                "region": province["region"],
                # In every province that has national clusters, its first two prefectures do.
                "has_national_cluster": "true"
                if province["has_national_cluster"] == "true" and place < 2
                else "false",
            }
        )
    return pd.DataFrame(rows)


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
    texts = {"limits.csv": LIMITS, "units.yml": UNITS}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*(folder / f"{name}.csv" for name in frames), *(folder / name for name in texts)]
