"""The row of the example's toolkit in the contract of adapters: what an author of an adapter writes."""

from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Lacks, Toolkit, attributes, nothing


class EaselRow(Toolkit):
    """An easel, which draws off screen."""

    name = framework = "easel"
    lacks: ClassVar[Lacks] = {"keys": "an easel has no keys"}

    def adapter(self) -> Adapter:
        import glrec_easel.adapter

        found: Adapter = glrec_easel.adapter
        return found

    def open(self) -> Any:
        from easel import Easel

        return Easel(*SIZE)

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        with target.context:
            target.framebuffer.use()
            draw()
            target.show()
            after()

    def close(self, target: Any) -> None:
        target.close()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        return {"easel": attributes(target)}
