/** What training, predicting and checking need only once somebody asks for them. */
export * from "./checkCommand";
export * from "./evaluateCommand";
export * from "./gradientVerdict";
export * from "./keepUpdate";
export * from "./newFromData";
export * from "./predictCommand";
export * from "./trainable";
export * from "./writeParameters";
