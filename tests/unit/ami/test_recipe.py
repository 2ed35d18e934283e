"""The recipe of a build: by the manifest what the variables are made from, and nothing else."""

from ami.dbt_project import frame_of_recipe, read_manifest


def test_a_recipe_is_what_the_variables_are_made_from() -> None:
    manifest = read_manifest()
    built = [key for key, node in manifest["nodes"].items() if node["resource_type"] == "model"]
    parents = {key: {*manifest["nodes"][key]["depends_on"]["nodes"]} & {*built} for key in built}
    # In the order of dbt, parents first.
    ordered: list[str] = []
    while len(ordered) < len(built):
        ordered += [key for key in built if key not in ordered and parents[key] <= {*ordered}]
    results = [
        {"unique_id": key, "compiled_code": f'select * from "build"."x"."{key}"'} for key in ordered
    ]
    results.append({"unique_id": "test.ami_warehouse.unique", "compiled_code": "select 1"})

    recipe = frame_of_recipe(results, manifest, "build")
    is_seed = recipe["statement"].isna()
    seeds, models = ([*recipe.loc[rows, "relation"]] for rows in (is_seed, ~is_seed))
    assert [*recipe["relation"]] == [*seeds, *models]
    assert {relation.partition(".")[0] for relation in seeds} == {"reference"}
    assert {relation.partition(".")[0] for relation in models} == {"staging", "intermediate"}
    assert models[-1] == "intermediate.int_variables__values"
    assert "intermediate.int_items__preferred" in models
    assert recipe["statement"].iloc[-1].startswith('select * from "x".')
    # What is no input of the variables is none of the recipe.
    assert "intermediate.int_items__national_reconciliation" not in models
    assert "reference.province_tiles" not in seeds
