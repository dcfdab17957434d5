import { detailIsAccessible } from "../test/detail.axe";

detailIsAccessible();
