import { listIsAccessible } from "../test/list.axe";

listIsAccessible();
