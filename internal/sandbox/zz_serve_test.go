package sandbox
import ("testing";"net/http";"os";"time")
func TestZZServe(t *testing.T){
 if os.Getenv("ZZ_SERVE")=="" { t.Skip() }
 s,_:=Open(Options{Path:"/tmp/svc_aws/sandbox.json"})
 srv:=&http.Server{Addr:"127.0.0.1:4611",Handler:s}
 go srv.ListenAndServe()
 time.Sleep(100*time.Second)
}
