package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	setup := must(config.LoadDefaultConfig(ctx))
	client := athena.NewFromConfig(setup)
	start := func(sql string) (*athena.StartQueryExecutionOutput, error) {
		return client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
			QueryString:           &sql,
			QueryExecutionContext: &types.QueryExecutionContext{Database: aws.String(os.Getenv("DATABASE"))},
			ResultConfiguration:   &types.ResultConfiguration{OutputLocation: aws.String(os.Getenv("OUTPUT"))},
		})
	}
	facts := map[string]any{}
	id := must(start("select n, cast(null as varchar) as x from unnest(sequence(1, 1500)) t (n) order by n")).QueryExecutionId
	for {
		found := must(client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: id})).QueryExecution
		facts["state"] = found.Status.State
		if found.Status.State != types.QueryExecutionStateQueued && found.Status.State != types.QueryExecutionStateRunning {
			facts["submitted"] = found.Status.SubmissionDateTime.Year() > 2000
			break
		}
	}
	rows, pages := 0, 0
	paginator := athena.NewGetQueryResultsPaginator(client, &athena.GetQueryResultsInput{QueryExecutionId: id})
	for paginator.HasMorePages() {
		page := must(paginator.NextPage(ctx))
		rows += len(page.ResultSet.Rows)
		pages++
	}
	facts["rows"], facts["pages"] = rows, pages
	_, err := start("selec 1")
	var refused *types.InvalidRequestException
	facts["refused"] = errors.As(err, &refused)
	facts["code"] = aws.ToString(refused.AthenaErrorCode)
	objects := s3.NewFromConfig(setup, func(o *s3.Options) { o.UsePathStyle = true })
	key := "results/" + *id + ".csv"
	object := must(objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(os.Getenv("BUCKET")), Key: &key}))
	facts["csv"] = string(must(io.ReadAll(object.Body))[:12])
	must(0, json.NewEncoder(os.Stdout).Encode(facts))
}
