"""Operations by the names templates give them: letter case counts in neither the service nor the API."""

from deployer.emulator.contract.document import Contract, Operation

_PRODUCTS = {"bssopenapi": "bss"}


class Operations:
    """What the contract knows, found as a template spells it."""

    def __init__(self) -> None:
        self._contract = Contract()

    def find(self, service: str, api: str) -> Operation | None:
        """The operation; ECS answers for VPC's too. None for what the contract does not know."""
        product = _PRODUCTS.get(service.casefold(), service.casefold())
        for candidate in (product, "vpc") if product == "ecs" else (product,):
            try:
                document = self._contract.product(candidate)
            except KeyError:
                return None
            name = next((known for known in document.names if known.casefold() == api.casefold()), None)
            if name is not None:
                return document.find(name)
        return None
