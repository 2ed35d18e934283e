"""The recipe of a build: from the manifest what the variables are made from, and nothing else."""

from ami.dbt_project import read_manifest, recipe_of_build


def test_a_recipe_is_what_the_variables_are_made_from() -> None:
    manifest = read_manifest()
    # In the order of dbt, parents first; of a test and of what was not built there is no statement.
    built = [key for key, node in manifest["nodes"].items() if node["resource_type"] == "model"]
    parents = {key: set(manifest["nodes"][key]["depends_on"]["nodes"]) for key in built}
    ordered: list[str] = []
    while len(ordered) < len(built):
        ready = [
            key for key in built if key not in ordered and not parents[key] & {*built} - {*ordered}
        ]
        ordered += ready
    results = [{"unique_id": key, "compiled_code": f"select {key}"} for key in ordered]
    results.append({"unique_id": "test.ami_warehouse.unique", "compiled_code": "select 1"})

    recipe = recipe_of_build(results, manifest)
    seeds = [relation for relation, statement in recipe.items() if statement is None]
    models = [relation for relation in recipe if relation not in seeds]
    assert list(recipe) == [*seeds, *models]
    assert {relation.partition(".")[0] for relation in seeds} == {"reference"}
    assert {relation.partition(".")[0] for relation in models} == {"staging", "intermediate"}
    assert models[-1] == "intermediate.int_variables__values"
    assert "intermediate.int_items__preferred" in models
    # A table that is no input of the variables is none of the recipe.
    assert "intermediate.int_items__national_reconciliation" not in recipe
    assert "reference.province_tiles" not in recipe
